/* base/crypto_memory: OpenSSL without memory ends the program with a line, never with a NULL. */
#include "base/crypto_memory.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

/* Under AddressSanitizer malloc() fails as elsewhere, and does not end the program itself. */
const char *__asan_default_options(void);
const char *
__asan_default_options(void)
{
	return "allocator_may_return_null=1";
}

static void
test_as_before(void **state)
{
	unsigned char out[EVP_MAX_MD_SIZE];
	unsigned n = 0;
	char *p = OPENSSL_realloc(NULL, 4);

	(void)state;
	assert_non_null(p);
	memcpy(p, "abc", 4);
	p = OPENSSL_realloc(p, 100000);
	assert_string_equal(p, "abc");
	assert_null(OPENSSL_realloc(p, 0));
	assert_null(OPENSSL_malloc(0));
	OPENSSL_free(NULL);
	assert_int_equal(EVP_Digest("abc", 3, out, &n, EVP_sha256(), NULL), 1);
	assert_int_equal(n, 32);
	assert_int_equal(out[0], 0xba);
}

/* What the program says on stderr when it asks for too much; its exit code. */
static int
end_of(void *(*ask)(size_t n), char *said, size_t size)
{
	int fd[2], status;
	size_t length = 0;
	ssize_t n;
	pid_t pid;

	assert_int_equal(pipe(fd), 0);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		dup2(fd[1], STDERR_FILENO);
		_exit(ask(SIZE_MAX / 2) != NULL ? 2 : 3);
	}
	close(fd[1]);
	while (length < size - 1 && (n = read(fd[0], said + length, size - 1 - length)) > 0)
		length += (size_t)n;
	said[length] = '\0';
	close(fd[0]);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

static void *
by_malloc(size_t n)
{
	return OPENSSL_malloc(n);
}

static void *
by_zalloc(size_t n)
{
	return OPENSSL_zalloc(n);
}

static void *
by_realloc(size_t n)
{
	return OPENSSL_realloc(OPENSSL_malloc(1), n);
}

static void
test_out_of_memory(void **state)
{
	static void *(*const asks[])(size_t n) = {by_malloc, by_zalloc, by_realloc};
	char said[16384];

	(void)state;
	for (size_t i = 0; i < sizeof(asks) / sizeof(asks[0]); i++) {
		assert_int_equal(end_of(asks[i], said, sizeof(said)), 1);
		/* A sanitizer may have a word before it. */
		assert_non_null(strstr(said, "out of memory: "));
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_as_before),
	    cmocka_unit_test(test_out_of_memory),
	};

	if (!crypto_memory_use())
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
