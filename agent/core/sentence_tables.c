/* The templates of all sentences, in English and Japanese. */
#include "core/sentence_tables.h"

const char *const sentence_raised[LANGUAGES][RULE_KIND_COUNT] = {
    [LANGUAGE_EN] =
	{
	    [RULE_HIGH] = "{device}: {point} {value} is above {limit}{for}.",
	    [RULE_LOW] = "{device}: {point} {value} is below {limit}{for}.",
	    [RULE_EQUALS] = "{device}: {title} ({point}: {value}{for}).",
	    [RULE_DIFFERS] = "{device}: {title} ({point}: {value}, not {limit}{for}).",
	    [RULE_MISSING] = "{device}: {point} has no good value{for}: {why}.",
	    [RULE_EXPR] = "{device}: {title} ({when}{for}).",
	    [RULE_DEVICE_LOST] = "{device} does not answer on {where}: {why}.",
	},
    [LANGUAGE_JA] =
	{
	    [RULE_HIGH] = "{device}：{point}が{value}で、{limit}を超えています{for}。",
	    [RULE_LOW] = "{device}：{point}が{value}で、{limit}を下回っています{for}。",
	    [RULE_EQUALS] = "{device}：{title}（{point}：{value}）{for}。",
	    [RULE_DIFFERS] = "{device}：{title}（{point}：{limit}ではなく{value}）{for}。",
	    [RULE_MISSING] = "{device}：{point}の正しい値がありません{for}（{why}）。",
	    [RULE_EXPR] = "{device}：{title}（{when}）{for}。",
	    [RULE_DEVICE_LOST] = "{device}が{where}で応答しません（{why}）。",
	},
};

const char *const sentence_returned[LANGUAGES][RULE_KIND_COUNT] = {
    [LANGUAGE_EN] =
	{
	    [RULE_HIGH] = "{device}: {point} is back at {value} (limit {limit}).",
	    [RULE_LOW] = "{device}: {point} is back at {value} (limit {limit}).",
	    [RULE_EQUALS] = "{device}: {title} is over ({point}: {value}).",
	    [RULE_DIFFERS] = "{device}: {title} is over ({point}: {value}).",
	    [RULE_MISSING] = "{device}: {point} has a good value again: {value}.",
	    [RULE_EXPR] = "{device}: {title} is over ({when}).",
	    [RULE_DEVICE_LOST] = "{device} answers again on {where}.",
	},
    [LANGUAGE_JA] =
	{
	    [RULE_HIGH] = "{device}：{point}が{value}に戻りました（限界 {limit}）。",
	    [RULE_LOW] = "{device}：{point}が{value}に戻りました（限界 {limit}）。",
	    [RULE_EQUALS] = "{device}：{title}は解消しました（{point}：{value}）。",
	    [RULE_DIFFERS] = "{device}：{title}は解消しました（{point}：{value}）。",
	    [RULE_MISSING] = "{device}：{point}の値が再び正常です（{value}）。",
	    [RULE_EXPR] = "{device}：{title}は解消しました（{when}）。",
	    [RULE_DEVICE_LOST] = "{device}が{where}で再び応答しています。",
	},
};

const char *const sentence_any_rule[LANGUAGES][SENTENCE_KIND_COUNT] = {
    [LANGUAGE_EN] =
	{
	    [SENTENCE_RAISED] = NULL,
	    [SENTENCE_RETURNED] = NULL,
	    [SENTENCE_LATCHED] = NULL,
	    [SENTENCE_ACKNOWLEDGED] = "{device}: \"{title}\" acknowledged by {who}.",
	    [SENTENCE_RESET] = "{device}: \"{title}\" reset by {who}.",
	    [SENTENCE_SUPPRESSED] =
		"{device} does not answer on {where}, because {cause} does not answer either.",
	    [SENTENCE_RELEASED] =
		"{device} does not answer on {where}, although {cause} does: {why}.",
	    [SENTENCE_WATCHES] = "{device}: watching for \"{title}\", that is {when}.",
	    [SENTENCE_SHELVED] = "{device}: \"{title}\" is shelved until {until} ({reason}).",
	    [SENTENCE_OUT_OF_SERVICE] =
		"{device}: \"{title}\" is out of service until {until} ({reason}).",
	},
    [LANGUAGE_JA] =
	{
	    [SENTENCE_RAISED] = NULL,
	    [SENTENCE_RETURNED] = NULL,
	    [SENTENCE_LATCHED] = NULL,
	    [SENTENCE_ACKNOWLEDGED] = "{device}：「{title}」を{who}が確認しました。",
	    [SENTENCE_RESET] = "{device}：「{title}」を{who}がリセットしました。",
	    [SENTENCE_SUPPRESSED] =
		"{device}が{where}で応答しません。原因は{cause}も応答しないことです。",
	    [SENTENCE_RELEASED] =
		"{cause}は応答しますが、{device}が{where}で応答しません（{why}）。",
	    [SENTENCE_WATCHES] = "{device}：「{title}」を監視しています（{when}）。",
	    [SENTENCE_SHELVED] = "{device}：「{title}」は{until}まで保留です（{reason}）。",
	    [SENTENCE_OUT_OF_SERVICE] =
		"{device}：「{title}」は{until}まで保守のため停止中です（{reason}）。",
	},
};
_Static_assert(RULE_KIND_COUNT == 7 && SENTENCE_KIND_COUNT == 10, "a sentence for each is needed");

const char *const sentence_stays[LANGUAGES] = {
    [LANGUAGE_EN] = " The alarm stays until somebody resets it.",
    [LANGUAGE_JA] = "警報はリセットするまで残ります。",
};

const char *const sentence_silence[LANGUAGES][ANSWER_STATUS_COUNT] = {
    [LANGUAGE_EN] =
	{
	    [ANSWER_NONE] = "it has not been asked since the agent started",
	    [ANSWER_OK] = "",
	    [ANSWER_REFUSED] = "the gateway cannot reach it (exception {code}), {polls}",
	    [ANSWER_TIMEOUT] = "no reply in {timeout}, {polls}",
	    [ANSWER_GARBLED] = "only damaged replies, {polls}",
	    [ANSWER_NO_LINK] = "the link itself is down (port or connection), {polls}",
	    [ANSWER_DENIED] =
		"it is there, but does not accept our user name or passphrases, {polls}",
	},
    [LANGUAGE_JA] =
	{
	    [ANSWER_NONE] = "起動してからまだ問い合わせていません",
	    [ANSWER_OK] = "",
	    [ANSWER_REFUSED] = "ゲートウェイから到達できません、例外 {code}、{polls}",
	    [ANSWER_TIMEOUT] = "{timeout}以内に返答なし、{polls}",
	    [ANSWER_GARBLED] = "壊れた返答のみ、{polls}",
	    [ANSWER_NO_LINK] = "回線そのものが不通、{polls}",
	    [ANSWER_DENIED] =
		"応答はあるが、ユーザー名またはパスフレーズが受け付けられません、{polls}",
	},
};

const char *const sentence_no_value[LANGUAGES][QUALITY_COUNT] = {
    [LANGUAGE_EN] =
	{
	    [QUALITY_NEVER] = "it could not be read yet",
	    [QUALITY_GOOD] = "it came back just now",
	    [QUALITY_STALE] = "the last reading is too old",
	    [QUALITY_BAD] = "the answer is no measurement",
	    [QUALITY_COMM_LOST] = "the device does not answer",
	    [QUALITY_SUBSTITUTED] = "it was put in by hand",
	},
    [LANGUAGE_JA] =
	{
	    [QUALITY_NEVER] = "まだ読めていません",
	    [QUALITY_GOOD] = "直前に復帰しました",
	    [QUALITY_STALE] = "最後の値が古すぎます",
	    [QUALITY_BAD] = "測定値ではありません",
	    [QUALITY_COMM_LOST] = "装置が応答しません",
	    [QUALITY_SUBSTITUTED] = "手入力の値です",
	},
};

const struct sentence_phrases sentence_phrases[LANGUAGES] = {
    [LANGUAGE_EN] =
	{
	    "{device} answers on {where}.",
	    "{device} answers again on {where} after {away}.",
	    "{device} is not the same as before: {changes}. Was it replaced or updated?",
	    "{device}/{alarm} is no longer watched: the site has it no more.",
	    " for {delay}",
	    "1 poll",
	    "{count} polls in a row",
	    "{link} (unit {unit})",
	    "nobody listens at that address, or there is no way to it, {polls}",
	    "Shelving ended by {who}. ",
	    "The time of the shelf is over. ",
	},
    [LANGUAGE_JA] =
	{
	    "{device}が{where}で応答しています。",
	    "{device}が{away}ぶりに{where}で応答しています。",
	    "{device}の識別情報が変わりました：{changes}。交換または更新されましたか。",
	    "{device}/{alarm}の監視は終わりました：サイトの設定にもうありません。",
	    "（{delay}継続）",
	    "1回",
	    "連続{count}回",
	    "{link}（ユニット{unit}）",
	    "このアドレスに応答する相手がいないか、経路がありません、{polls}",
	    "{who}が保留を解除しました。",
	    "保留の時間が終わりました。",
	},
};
