/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Options by table. A row says how an option is spelled and where its value goes. One or two dashes, long
 * and short names, "--flag=value" and "--flag value" are all the same; one dash may also carry several
 * letters of options without values ("-dt"). "--" ends the options, "-" is an operand.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/error.h"
#include "base/names.h"

enum option_kind {
	OPTION_FLAG,     /* *to.flag = true; or "=true", "=false"                  */
	OPTION_STRING,   /* the last one counts                                    */
	OPTION_LIST,     /* each one is added, as it is                            */
	OPTION_UNSIGNED, /* *to.number                                             */
	OPTION_PID,      /* *to.pid, from 1                                        */
	OPTION_DURATION, /* *to.duration, in nanoseconds, from "1m30s"             */
	OPTION_CHOICE,   /* *to.choice, the value of one of the names in `choices` */
	OPTION_SIGNAL,   /* *to.string; "-9" and "-KILL" are short for it          */
};

/* How a shell completes the value; that of a choice by the words of `value`. */
enum option_completes { COMPLETES_NOTHING, COMPLETES_FILE, COMPLETES_DIRECTORY };

struct option_list {
	const char **v; /* the strings lie in argv */
	size_t n;
};

/* Small on purpose: a page of tables with pointers is a page that each start of the program fills. */
struct option_row {
	const char *name;
	char letter; /* 0: none */
	enum option_kind kind : 8;
	enum option_completes completes : 8;
	unsigned n_choices : 8;
	union {
		bool *flag;
		const char **string;
		struct option_list *list;
		unsigned *number;
		pid_t *pid;
		int64_t *duration;
		int *choice;
	} to;
	const char *value;   /* the value's name in the help: "FILE", "text|json"  */
	const char *summary; /* lower case, short; NULL: hidden, and not completed */
	const char *group;   /* a heading of the help above this row; or NULL      */
	const struct name *choices;
};

/* What is left after the options. */
struct operands {
	char **v; /* a part of argv, which is reordered; NULL-terminated */
	size_t n;
	bool help; /* -h or --help was met: nothing after it was looked at */
};

/*
 * Takes the options out of argv[0..argc), which begins after the command's name. With `options_first` the
 * first operand ends them, else they may stand anywhere. -EINVAL: unknown option, value missing or bad.
 */
int options_parse(const struct option_row *rows, size_t n, bool options_first, char **argv,
		  size_t argc, struct operands *ret, struct error *err);
