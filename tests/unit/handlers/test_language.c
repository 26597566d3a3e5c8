/* Problems in the caller's language: what Accept-Language asks for, and sentences in Chinese. */
#include "tests/unit/handlers/fake.h"

#include "base/text.h"
#include "handlers/chinese.h"
#include "handlers/language.h"
#include "handlers/problem.h"

static void test_wanted(void **state)
{
    static const struct { const char *accept; enum language wanted; } cases[] = {
        { NULL, LANGUAGE_ENGLISH }, { "", LANGUAGE_ENGLISH }, { "zh", LANGUAGE_CHINESE }, { "ZH-cn", LANGUAGE_CHINESE },
        { "zh-Hans-CN", LANGUAGE_CHINESE }, { "en", LANGUAGE_ENGLISH }, { "de", LANGUAGE_ENGLISH }, { "zho", LANGUAGE_ENGLISH },
        { "en;q=0.8, zh;q=0.9", LANGUAGE_CHINESE }, { "en;q=0.9,zh;q=0.8", LANGUAGE_ENGLISH },
        { "zh-CN,zh;q=0.9,en;q=0.8", LANGUAGE_CHINESE }, { "en-GB,en;q=0.9,zh;q=0.8", LANGUAGE_ENGLISH },
        { "zh, en", LANGUAGE_CHINESE }, { "en, zh", LANGUAGE_ENGLISH }, { "zh;q=0", LANGUAGE_ENGLISH },
        { "zh;q=0.5, en;q=0.5", LANGUAGE_CHINESE }, { "en;q=0.5, zh;q=0.5", LANGUAGE_ENGLISH },
        { "*", LANGUAGE_ENGLISH }, { "*, en;q=0", LANGUAGE_CHINESE }, { "*, zh;q=0, en;q=0", LANGUAGE_ENGLISH },
        { "zh;q=0.5, *", LANGUAGE_ENGLISH }, { "zh, *;q=0.5", LANGUAGE_CHINESE }, { "de, zh;q=0.1", LANGUAGE_CHINESE },
        { " zh ; q=0.7 ,\ten;q=0.6", LANGUAGE_CHINESE }, { "zh;q=1.000", LANGUAGE_CHINESE }, { "zh;q=0.001", LANGUAGE_CHINESE },
        { "zh;q=2", LANGUAGE_ENGLISH }, { "zh;q=1.001", LANGUAGE_ENGLISH }, { "zh;q=x", LANGUAGE_ENGLISH },
        { "zh;q=0.0001", LANGUAGE_ENGLISH }, { "zh;level=1", LANGUAGE_ENGLISH }, { ",,zh,,", LANGUAGE_CHINESE }, { ";", LANGUAGE_ENGLISH },
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        if (language_wanted(cases[i].accept) != cases[i].wanted) {
            fail_msg("%s", cases[i].accept != NULL ? cases[i].accept : "nothing");
        }
    }
}

static void assert_said(const char *english, const char *chinese)
{
    struct buffer out;
    size_t steps = CHINESE_STEPS;
    buffer_init(&out);
    bool is_said = chinese_say(english, &out, &steps);
    if (is_said != (chinese != NULL) || (is_said && strcmp(out.bytes, chinese) != 0)) {
        fail_msg("%s became %s", english, is_said ? out.bytes : "nothing");
    }
    buffer_fini(&out);
}

static void test_sentences(void **state)
{
    (void)state;
    assert_said("The body is not JSON", "请求正文不是 JSON");
    assert_said("there is no supply S-1", "没有库存 S-1");
    assert_said("quantity is missing; an integer from 1 to 5 is wanted", "缺少 quantity；应为 1 到 5 的整数");
    assert_said("The query is wrong: limit is \"x\"; an integer of 1 to 1000 is wanted",
                "查询有误：limit 是 \"x\"；应为 1 到 1000 的整数");
    assert_said("\"limti\" is unknown; known are limit, cursor and province", "未知参数 \"limti\"；已知的有 limit、cursor、province");
    assert_said("The query is wrong: of this there is no line", NULL);
    assert_said("", NULL);
    assert_said("no such sentence", NULL);
}

/* What a client chose stands in quotes and is never taken apart, nor taken for words of ours. */
static void test_what_was_sent_stays(void **state)
{
    (void)state;
    assert_said("a is \"b is c; an integer is wanted\"; a text is wanted", "a 是 \"b is c; an integer is wanted\"；应为文本");
    assert_said("a is \"\\\"; x\"; a text is wanted", "a 是 \"\\\"; x\"；应为文本");
    assert_said("\"a text\" is unknown: site?", "未知参数 \"a text\"：是不是 site？");
    assert_said("missing is no site; PUT /sites/missing makes one", "missing 不是地点；PUT /sites/missing 可新建");
}

static size_t conversions_of(const char *english)
{
    size_t count = 0;
    for (const char *at = english; *at != 0; at++) {
        count += at[0] == '%' && (at[1] == 's' || at[1] == 'w' || at[1] == 'd');
    }
    return count;
}

/* Each line is found by its own text, and its Chinese names only what the English has. */
static void test_lines(void **state)
{
    (void)state;
    for (size_t i = 0; i < chinese_message_count; i++) {
        const struct chinese_message *line = &chinese_messages[i];
        size_t count = conversions_of(line->english);
        assert_true(count <= 9);
        assert_int_equal(line->length, strlen(line->english));
        assert_int_equal(line->in_all, line->length - 2 * count);
        assert_true(count > 0 ? line->at_start + line->at_end <= line->in_all : line->at_start == line->length);
        assert_true(line->at_start == line->length || line->english[line->at_start] == '%');
        for (const char *at = line->chinese; *at != 0; at++) {
            if (at[0] == '{' && at[1] >= '0' && at[1] <= '9') {
                size_t index = (size_t)(at[1] - '0');
                if (index < 1 || index > count || (at[2] != '}' && (strchr("+,!", at[2]) == NULL || at[3] != '}'))) {
                    fail_msg("%s", line->chinese);
                }
            }
        }
        if (count == 0) {
            assert_said(line->english, line->chinese);
        }
        assert_true(text_is_utf8(line->chinese, strlen(line->chinese)));
    }
    assert_true(chinese_message_count > 300);
}

/* The work is bounded, whatever the text is. */
static void test_steps(void **state)
{
    char text[4096];
    struct buffer out;
    size_t steps = 3;
    (void)state;
    buffer_init(&out);
    assert_false(chinese_say("The body is not JSON", &out, &steps));
    for (size_t i = 0; i + 4 < sizeof text; i += 4) {
        memcpy(text + i, " is;", 5);
    }
    steps = CHINESE_STEPS;
    (void)chinese_say(text, &out, &steps);
    buffer_fini(&out);
}

static void localise(struct fake *fake, const char *accept)
{
    fake->headers[0] = (struct exchange_pair){ "Accept-Language", accept };
    fake->header_count = 1;
    language_localise(&fake->exchange);
}

static void test_documents(void **state)
{
    struct fake fake;
    struct faults faults;
    (void)state;
    fake_init(&fake);
    faults_init(&faults, &fake.arena);
    faults_add(&faults, "/unit", "missing_member", "unit is missing; a text is wanted");
    problem_faults(&fake.exchange, "missing_member", &faults, "%s", faults.items[0].detail);
    localise(&fake, "zh");
    assert_string_equal(fake.exchange.reply.bytes,
                        "{\"type\":\"/errors/missing_member\",\"title\":\"缺少成员\",\"status\":422,"
                        "\"detail\":\"缺少 unit；应为文本\",\"instance\":\"/things\",\"code\":\"missing_member\","
                        "\"errors\":[{\"pointer\":\"/unit\",\"code\":\"missing_member\",\"detail\":\"缺少 unit；应为文本\"}]}");
    assert_string_equal(fake_reply_header(&fake, "Content-Language"), "zh");
    assert_string_equal(fake_reply_header(&fake, "Vary"), "Accept-Language");

    faults_add(&faults, "/x", "wrong_type", "of this there is no line");
    problem_faults(&fake.exchange, "invalid_request", &faults, "%s", "More than one thing is wrong with the body; errors names all of it.");
    localise(&fake, "zh"); /* in one language as a whole */
    assert_non_null(strstr(fake.exchange.reply.bytes, "Several things are wrong"));
    assert_non_null(strstr(fake.exchange.reply.bytes, "unit is missing"));
    assert_string_equal(fake_reply_header(&fake, "Content-Language"), "en");

    fake.exchange.header_count = 0;
    exchange_json(&fake.exchange, 200);
    localise(&fake, "zh");
    assert_null(fake_reply_header(&fake, "Content-Language"));
    assert_null(fake_reply_header(&fake, "Vary"));
    fake_fini(&fake);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_wanted),
        cmocka_unit_test(test_sentences),
        cmocka_unit_test(test_what_was_sent_stays),
        cmocka_unit_test(test_lines),
        cmocka_unit_test(test_steps),
        cmocka_unit_test(test_documents),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
