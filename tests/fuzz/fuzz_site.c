/* A site file with anything in it: it loads, or every mistake is told with its place. */
#include "fuzz_load.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char path[128];

	snprintf(path, sizeof(path), "%s/site.yaml", fuzz_dir());
	fuzz_write(path, data, size);
	fuzz_load(&(struct site_options){.site_file = path,
	    .config_dir = "tests/golden/site/config",
	    .boards_dir = "tests/golden/site/boards",
	    .secrets_may_wait = true});
	return 0;
}
