/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* The tables of spec/ as a fuzzer's dictionary. */

#include <stddef.h>
#include <stdint.h>

/* libFuzzer's; not there when the corpus is only replayed. */
__attribute__((weak)) size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t max);

/* A name or word of config.json, as a key or a value, somewhere in the text; then what libFuzzer does. */
size_t words_mutate(uint8_t *data, size_t size, size_t max, unsigned seed);
