/* SPDX-License-Identifier: Apache-2.0 */
#include "json/json.h"

#include <check.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/macros.h"
#include "base/utf8.h"
#include "tests/lib/suite.h"

static struct arena *arena;

static void setup(void)
{
	arena = arena_new();
}

static void teardown(void)
{
	arena_free(arena);
}

static struct json *parse(const char *text)
{
	struct error e = ERROR_INIT;
	struct json *root = NULL;
	int r = json_parse(arena, text, strlen(text), "t.json", &root, &e);

	ck_assert_msg(r == 0, "%s: %s", text, e.msg);
	return root;
}

/* clang-format off */
static const struct {
	const char *text;
	size_t size; /* 0: strlen */
	int num;
	unsigned line;
	const char *at, *msg;
} refused[] = {
	{ "", 0, EINVAL, 1, "", "not valid JSON: premature EOF, near the end of the text, column 1: is it whole? A '}' or ']' is missing" },
	{ " \n ", 0, EINVAL, 2, "", "not valid JSON: premature EOF, near the end of the text, column 2: is it whole? A '}' or ']' is missing" },
	{ "{", 0, EINVAL, 1, "", "not valid JSON: premature EOF, near the end of the text, column 2: is it whole? A '}' or ']' is missing" },
	{ "{\"a\":[1,\n", 0, EINVAL, 2, "/a",
	  "not valid JSON: premature EOF, near the end of the text, column 1: is it whole? A '}' or ']' is missing" },
	{ "[1,]", 0, EINVAL, 1, "",
	  "not valid JSON: unallowed token at this point in JSON text, near ']', column 4: remove the comma before it" },
	{ "{\"a\":1,}", 0, EINVAL, 1, "",
	  "not valid JSON: invalid object key (must be a string), near '}', column 8: remove the comma before it" },
	{ "{\n  \"a\": tru\n}", 0, EINVAL, 2, "",
	  "not valid JSON: invalid string in json text, near 'tru', column 8: words other than true, false and null stand in double quotes" },
	{ "{\"a\" 1}", 0, EINVAL, 1, "",
	  "not valid JSON: object key and value must be separated by a colon (':'), near '1}', column 6" },
	{ "{a:1}", 0, EINVAL, 1, "", "not valid JSON: invalid char in json text, near 'a:1}', column 2: words other than true, false and null stand in double quotes" },
	{ "1 2", 0, EINVAL, 1, "", "not valid JSON: trailing garbage, near '2', column 3: the text goes on after its end" },
	{ "[01]", 0, EINVAL, 1, "",
	  "not valid JSON: after array element, I expect ',' or ']', near '1]', column 3" },
	{ "[1.]", 0, EINVAL, 1, "",
	  "not valid JSON: malformed number, a digit is required after the decimal point, near '1.]', column 2" },
	{ "[-]", 0, EINVAL, 1, "",
	  "not valid JSON: malformed number, a digit is required after the minus sign, near '-]', column 2" },
	{ "[+1]", 0, EINVAL, 1, "", "not valid JSON: invalid char in json text, near '+1]', column 2" },
	{ "[NaN]", 0, EINVAL, 1, "", "not valid JSON: invalid char in json text, near 'NaN]', column 2: it is written 'null'" },
	{ "// c\n1", 0, EINVAL, 1, "",
	  "not valid JSON: probable comment found in input text, comments are not enabled, near '// c', column 1: JSON has none, remove it" },
	{ "[\"a\nb\"]", 0, EINVAL, 1, "",
	  "not valid JSON: invalid character inside string, near '\"a', column 2: a line break in a string is written \\n" },
	{ "[\"\\x\"]", 0, EINVAL, 1, "",
	  "not valid JSON: inside a string, '\\' occurs before a character which it may not, near '\"\\x\"]', column 2" },
	{ "[\"\\u12g4\"]", 0, EINVAL, 1, "",
	  "not valid JSON: invalid (non-hex) character occurs after '\\u' inside string, near '\"\\u12g4\"]', column 2" },
	{ "[\"\\u0000\"]", 0, EINVAL, 1, "/0", "'\\u0000' in a string stands for no usable character" },
	{ "{\"a\":\"\\ud800\"}", 0, EINVAL, 1, "/a", "'\\ud800' in a string stands for no usable character" },
	{ "[\"\\ud800\\u0041\"]", 0, EINVAL, 1, "/0", "'\\ud800' in a string stands for no usable character" },
	{ "[\"\\udc00\"]", 0, EINVAL, 1, "/0", "'\\udc00' in a string stands for no usable character" },
	{ "{\"\\u0000\":1}", 0, EINVAL, 1, "", "'\\u0000' in a string stands for no usable character" },
	{ "[\n\"\xff\"]", 0, EILSEQ, 2, "", "not UTF-8: byte 0xff in column 2" },
	{ "[\"\xc0\x80\"]", 0, EILSEQ, 1, "", "not UTF-8: byte 0xc0 in column 3" },
	{ "[\"\xed\xa0\x80\"]", 0, EILSEQ, 1, "", "not UTF-8: byte 0xed in column 3" },
	{ "[\"\xf4\x90\x80\x80\"]", 0, EILSEQ, 1, "", "not UTF-8: byte 0xf4 in column 3" },
	{ "[\"\xe2\x82\"]", 0, EILSEQ, 1, "", "not UTF-8: byte 0xe2 in column 3" },
	{ "\xef\xbb\xbf{}", 0, EINVAL, 1, "", "not valid JSON: begins with a byte order mark: save it as UTF-8 without one" },
	{ "[1,\n\v2]", 0, EINVAL, 2, "", "not valid JSON: control character 0x0b in column 1" },
	{ "[1,\f2]", 0, EINVAL, 1, "", "not valid JSON: control character 0x0c in column 4" },
	{ "[1\0]", 4, EINVAL, 1, "", "not valid JSON: invalid char in json text, near '', column 3" },
	{ "{\"a\":1,\n\"b\":2,\n\"a\":3}", 0, EINVAL, 3, "/a", "duplicate property 'a', first on line 1" },
	{ "{\"x\":{\"a\":1,\"\\u0061\":3}}", 0, EINVAL, 1, "/x/a", "duplicate property 'a', first on line 1" },
	{ "[{\"a\":1},{\"\":1,\n\"\":2}]", 0, EINVAL, 2, "/1/", "duplicate property '', first on line 1" },
};
/* clang-format on */

START_TEST(refuses)
{
	size_t size = refused[_i].size ? refused[_i].size : strlen(refused[_i].text);
	struct error e = ERROR_INIT;
	struct json *root = NULL;
	int r = json_parse(arena, refused[_i].text, size, "t.json", &root, &e);

	ck_assert_str_eq(e.msg, refused[_i].msg);
	ck_assert_int_eq(r, -refused[_i].num);
	ck_assert_str_eq(e.at, refused[_i].at);
	ck_assert_str_eq(e.file, "t.json");
	ck_assert_uint_eq(e.line, refused[_i].line);
	ck_assert_ptr_null(root);
	ck_assert_int_eq(json_parse(arena, refused[_i].text, size, "t.json", &root, NULL),
			 -refused[_i].num);
}
END_TEST

static const struct {
	const char *text, *value;
} strings[] = {
	{ "\"\"", "" },
	{ "\"a\"", "a" },
	{ "\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"", "\"\\/\b\f\n\r\t" },
	{ "\"x\\u0041y\\u00e9\\u20ac\"", "xAy\xc3\xa9\xe2\x82\xac" },
	{ "\"\\uD834\\uDD1E!\"", "\xf0\x9d\x84\x9e!" },
	{ "\"\xf0\x9d\x84\x9e \xc3\xa9\"", "\xf0\x9d\x84\x9e \xc3\xa9" },
	{ "\"\\u0001\\uffff\"", "\x01\xef\xbf\xbf" },
	{ "\"end\\\\\"", "end\\" },
	{ "\"\\n\"", "\n" },
};

START_TEST(decodes_strings)
{
	const struct json *root = parse(strings[_i].text);

	ck_assert_int_eq(root->type, JSON_STRING);
	ck_assert_str_eq(root->text, strings[_i].value);
}
END_TEST

START_TEST(keeps_numbers_as_written)
{
	static const char *const numbers[] = { "0",    "-0",	"18446744073709551615", "-1.5e+10",
					       "1E-3", "123.0", "1e400" };
	char text[64];

	foreach_array(number, numbers) {
		const struct json *root = parse(*number);

		ck_assert_int_eq(root->type, JSON_NUMBER);
		ck_assert_str_eq(root->text, *number);
		snprintf(text, sizeof(text), "[%s,\"x\"]", *number);
		root = parse(text);
		ck_assert_str_eq(root->first->text, *number);
		ck_assert_str_eq(root->first->next->text, "x");
	}
}
END_TEST

static const char tree[] = "{\n"
			   "  \"a\": [true, false, null],\n"
			   "\t\"b/c~d\": {\"x\":\n"
			   "     \"v\\u00e9\" , \"y\":{}, \"z\" : -1}\r\n"
			   "}\n";

static const struct {
	const char *pointer;
	enum json_type type;
	unsigned line, column;
	size_t n;
} nodes[] = {
	{ "", JSON_OBJECT, 1, 1, 2 },
	{ "/a", JSON_ARRAY, 2, 8, 3 },
	{ "/a/0", JSON_BOOL, 2, 9, 0 },
	{ "/a/1", JSON_BOOL, 2, 15, 0 },
	{ "/a/2", JSON_NULL, 2, 22, 0 },
	{ "/b~1c~0d", JSON_OBJECT, 3, 11, 3 },
	{ "/b~1c~0d/x", JSON_STRING, 4, 6, 0 },
	{ "/b~1c~0d/y", JSON_OBJECT, 4, 22, 0 },
	{ "/b~1c~0d/z", JSON_NUMBER, 4, 32, 0 },
};

/* The node after n others, in the file's order. */
static const struct json *nth(const struct json *node, size_t *n)
{
	const struct json *found = NULL;

	if ((*n)-- == 0)
		return node;
	for (const struct json *child = node->first; child && !found; child = child->next)
		found = nth(child, n);
	return found;
}

START_TEST(knows_places)
{
	size_t n = (size_t)_i;
	const struct json *node = nth(parse(tree), &n);
	char pointer[64];

	ck_assert_str_eq(json_pointer(node, pointer, sizeof(pointer)), nodes[_i].pointer);
	ck_assert_int_eq(node->type, nodes[_i].type);
	ck_assert_uint_eq(json_line(node), nodes[_i].line);
	ck_assert_uint_eq(json_column(node), nodes[_i].column);
	ck_assert_uint_eq(node->n, nodes[_i].n);
	ck_assert_str_eq(json_doc_name(node), "t.json");
}
END_TEST

START_TEST(cuts_pointers)
{
	const struct json *node = parse("{\"abc/def\":[[7]]}");
	char pointer[16];

	while (node->first)
		node = node->first;
	for (size_t size = 1; size < sizeof(pointer); size++) {
		memset(pointer, 'x', sizeof(pointer));
		json_pointer(node, pointer, size);
		ck_assert_uint_lt(strlen(pointer), size);
		ck_assert_int_eq(pointer[size], 'x');
		ck_assert_int_eq(strncmp(pointer, "/abc~1def/0/0", strlen(pointer)), 0);
	}
}
END_TEST

START_TEST(finds_members)
{
	const struct json *root = parse("{\"a\":1,\"b\":{\"a\":2}}");

	ck_assert_str_eq(json_member(root, "a")->text, "1");
	ck_assert_str_eq(json_member(json_member(root, "b"), "a")->text, "2");
	ck_assert_ptr_null(json_member(root, "c"));
	ck_assert_ptr_null(json_member(json_member(root, "a"), "a"));
	ck_assert_ptr_null(json_member(NULL, "a"));
}
END_TEST

static int nested(unsigned depth, struct error *e)
{
	char text[256] = "";
	struct json *root;

	for (unsigned i = 0; i < depth; i++)
		text[i] = '[';
	for (unsigned i = 0; i < depth; i++)
		text[depth + i] = ']';
	return json_parse(arena, text, depth * 2, "t.json", &root, e);
}

START_TEST(limits_depth)
{
	struct error e = ERROR_INIT;

	ck_assert_int_eq(nested(JSON_DEPTH_MAX, &e), 0);
	ck_assert_int_eq(nested(JSON_DEPTH_MAX + 1, &e), -EINVAL);
	ck_assert_str_eq(e.msg, "nested deeper than 64 levels");
}
END_TEST

START_TEST(limits_size)
{
	char *text = malloc(JSON_SIZE_MAX + 1);
	struct error e = ERROR_INIT;
	struct json *root;

	memset(text, ' ', JSON_SIZE_MAX + 1);
	text[0] = '1';
	ck_assert_int_eq(json_parse(arena, text, JSON_SIZE_MAX, "t.json", &root, &e), 0);
	ck_assert_int_eq(json_parse(arena, text, JSON_SIZE_MAX + 1, "t.json", &root, &e), -EFBIG);
	ck_assert_str_eq(e.msg, "'t.json' is larger than 16 MiB");
	free(text);
}
END_TEST

static int many(size_t n, struct error *e)
{
	char *text = malloc(n * 2 + 1);
	struct json *root;
	int r;

	text[0] = '[';
	for (size_t i = 0; i < n; i++)
		memcpy(text + 1 + i * 2, "1,", 2);
	text[n * 2] = ']';
	r = json_parse(arena, text, n * 2 + 1, "t.json", &root, e);
	free(text);
	return r;
}

/* The array itself is a value too. */
START_TEST(limits_values)
{
	struct error e = ERROR_INIT;

	ck_assert_int_eq(many(JSON_VALUES_MAX - 1, &e), 0);
	ck_assert_int_eq(many(JSON_VALUES_MAX, &e), -EFBIG);
	ck_assert_str_eq(e.msg, "more than 2097152 values");
}
END_TEST

/* G6: Many members: no pairwise comparison. */
START_TEST(finds_a_duplicate_among_many)
{
	struct error e = ERROR_INIT;
	auto_str text = STR_INIT;
	struct json *root;

	str_add(&text, "{");
	for (unsigned i = 0; i < 200000; i++)
		str_printf(&text, "\"k%u\":0,\n", i);
	str_add(&text, "\"last\":0}");
	ck_assert_int_eq(json_parse(arena, text.s, text.n, "t.json", &root, &e), 0);
	ck_assert_uint_eq(root->n, 200001);
	memcpy(text.s + text.n - 9, "\"k77\" ", 6);
	ck_assert_int_eq(json_parse(arena, text.s, text.n, "t.json", &root, &e), -EINVAL);
	ck_assert_str_eq(e.msg, "duplicate property 'k77', first on line 78");
	ck_assert_uint_eq(e.line, 200001);
}
END_TEST

/* G6 */
START_TEST(checks_utf8)
{
	ck_assert_uint_eq(utf8_check("", 0), 0);
	ck_assert_uint_eq(utf8_check("abcdefghijklmnop\x80", 17), 16);
	ck_assert_uint_eq(utf8_check("abcdefg\xc3\xa9h", 10), 10);
	ck_assert_uint_eq(utf8_check("\xc3", 1), 0);
	ck_assert_uint_eq(utf8_check("\xe0\x9f\x80", 3), 0);
	ck_assert_uint_eq(utf8_check("\xf0\x8f\x80\x80", 4), 0);
	ck_assert_uint_eq(utf8_check("\xc1\xbf", 2), 0);
	ck_assert_uint_eq(utf8_check("\xf5\x80\x80\x80", 4), 0);
}
END_TEST

/* ---- writing ---- */

static void write_all_kinds(struct json_out *o)
{
	json_object_begin(o, NULL);
	json_string(o, "s", "a\"b\\c\n\x01/\xc3\xa9");
	json_i64(o, "i", INT64_MIN);
	json_u64(o, "u", UINT64_MAX);
	json_bool(o, "t", true);
	json_null(o, "n");
	json_object_begin(o, "empty");
	json_object_end(o);
	json_array_begin(o, "list");
	json_array_begin(o, NULL);
	json_array_end(o);
	json_i64(o, NULL, 1);
	json_object_begin(o, NULL);
	json_bool(o, "f", false);
	json_object_end(o);
	json_array_end(o);
	json_object_end(o);
}

START_TEST(writes_one_line)
{
	auto_(json_out_free) struct json_out *o = json_out_new(NULL);

	write_all_kinds(o);
	ck_assert_str_eq(json_out_text(o),
			 "{\"s\":\"a\\\"b\\\\c\\n\\u0001/\xc3\xa9\",\"i\":-9223372036854775808,"
			 "\"u\":18446744073709551615,\"t\":true,\"n\":null,\"empty\":{},"
			 "\"list\":[[],1,{\"f\":false}]}");
}
END_TEST

START_TEST(writes_indented)
{
	auto_(json_out_free) struct json_out *o = json_out_new("  ");

	json_object_begin(o, NULL);
	json_string(o, "a", "b");
	json_array_begin(o, "c");
	json_u64(o, NULL, 1);
	json_u64(o, NULL, 2);
	json_array_end(o);
	json_object_begin(o, "d");
	json_object_end(o);
	json_object_end(o);
	ck_assert_str_eq(json_out_text(o), "{\n  \"a\": \"b\",\n  \"c\": [\n    1,\n    2\n  ],\n"
					   "  \"d\": {}\n}");
}
END_TEST

START_TEST(writes_lone_values)
{
	auto_(json_out_free) struct json_out *list = json_out_new(NULL);
	auto_(json_out_free) struct json_out *null = json_out_new(NULL);
	auto_(json_out_free) struct json_out *nothing = json_out_new(NULL);

	json_array_begin(list, NULL);
	json_array_end(list);
	ck_assert_str_eq(json_out_text(list), "[]");
	json_null(null, NULL);
	ck_assert_str_eq(json_out_text(null), "null");
	ck_assert_str_eq(json_out_text(nothing), "");
}
END_TEST

START_TEST(replaces_bad_utf8)
{
	auto_(json_out_free) struct json_out *o = json_out_new(NULL);

	json_string(o, NULL, "a\xff\xc3\xa9\xe2\x82z");
	ck_assert_str_eq(json_out_text(o), "\"a" UTF8_REPLACEMENT "\xc3\xa9" UTF8_REPLACEMENT
					   UTF8_REPLACEMENT "z\"");
}
END_TEST

START_TEST(escapes_what_a_terminal_obeys)
{
	auto_(json_out_free) struct json_out *o = json_out_new(NULL);
	static const char text[] = "\x1b[1m\x7f\xc2\x80\xc2\x9b" "1m\xc2\x9f\xc2\xa0\xc3\x9b\xc2\x9b";

	json_object_begin(o, NULL);
	json_string(o, text, text);
	json_object_end(o);
	ck_assert_str_eq(json_out_text(o),
			 "{\"\\u001B[1m\\u007f\\u0080\\u009b1m\\u009f\xc2\xa0\xc3\x9b\\u009b\":"
			 "\"\\u001B[1m\\u007f\\u0080\\u009b1m\\u009f\xc2\xa0\xc3\x9b\\u009b\"}");
	ck_assert_str_eq(parse(json_out_text(o))->first->text, text);
}
END_TEST

/* Misuse is sticky, not a broken document. */
START_TEST(refuses_to_write_nonsense)
{
	auto_(json_out_free) struct json_out *o = json_out_new(NULL);

	json_object_begin(o, NULL);
	json_i64(o, NULL, 1);
	json_object_end(o);
	ck_assert_ptr_null(json_out_text(o));
}
END_TEST

START_TEST(writes_what_it_read)
{
	static const char text[] = "{\"a\":[1.50,-0,1e3,\"\\u0001x\",null,true,{}],\"b\":{\"c\":[]}}";
	auto_(json_out_free) struct json_out *o = json_out_new(NULL);
	auto_(json_out_free) struct json_out *pretty = json_out_new("\t");
	auto_(json_out_free) struct json_out *again = json_out_new(NULL);

	json_node(o, NULL, parse(text));
	ck_assert_str_eq(json_out_text(o), text);
	json_node(pretty, NULL, parse(text));
	json_node(again, NULL, parse(json_out_text(pretty)));
	ck_assert_str_eq(json_out_text(again), text);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("json");
	TCase *t = tcase_create("json");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_set_timeout(t, 60);
	tcase_add_loop_test(t, refuses, 0, ARRAY_SIZE(refused));
	tcase_add_loop_test(t, decodes_strings, 0, ARRAY_SIZE(strings));
	tcase_add_test(t, keeps_numbers_as_written);
	tcase_add_loop_test(t, knows_places, 0, ARRAY_SIZE(nodes));
	tcase_add_test(t, cuts_pointers);
	tcase_add_test(t, finds_members);
	tcase_add_test(t, limits_depth);
	tcase_add_test(t, limits_size);
	tcase_add_test(t, limits_values);
	tcase_add_test(t, finds_a_duplicate_among_many);
	tcase_add_test(t, checks_utf8);
	tcase_add_test(t, writes_one_line);
	tcase_add_test(t, writes_indented);
	tcase_add_test(t, writes_lone_values);
	tcase_add_test(t, replaces_bad_utf8);
	tcase_add_test(t, escapes_what_a_terminal_obeys);
	tcase_add_test(t, refuses_to_write_nonsense);
	tcase_add_test(t, writes_what_it_read);
	suite_add_tcase(s, t);
	return run_suite(s);
}
