/* SPDX-License-Identifier: Apache-2.0 */
#include "base/sha256.h"

#include <stdio.h>
#include <string.h>

#include "base/macros.h"

/* clang-format off */
/* The fractions of the cube roots of the first 64 primes. */
static const uint32_t round_constants[64] = {
	0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5,
	0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
	0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3,
	0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
	0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc,
	0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
	0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7,
	0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
	0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13,
	0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
	0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3,
	0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
	0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5,
	0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
	0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208,
	0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2,
};
/* clang-format on */

static uint32_t rotate(uint32_t x, unsigned n)
{
	return x >> n | x << (32 - n);
}

static void expand(const uint8_t block[64], uint32_t w[64])
{
	for (size_t i = 0; i < 16; i++)
		w[i] = (uint32_t)block[4 * i] << 24 | (uint32_t)block[4 * i + 1] << 16 |
		       (uint32_t)block[4 * i + 2] << 8 | block[4 * i + 3];
	for (size_t i = 16; i < 64; i++) {
		uint32_t a = w[i - 15], b = w[i - 2];

		w[i] = w[i - 16] + w[i - 7] + (rotate(a, 7) ^ rotate(a, 18) ^ a >> 3) +
		       (rotate(b, 17) ^ rotate(b, 19) ^ b >> 10);
	}
}

/* Round i of 64. The state turns by one place a round: by index here, not by moving it. */
static inline void turn(uint32_t s[8], unsigned i, uint32_t w)
{
#define S(place) s[((place) - i) % 8]
	uint32_t e = rotate(S(4U), 6) ^ rotate(S(4U), 11) ^ rotate(S(4U), 25);
	uint32_t choice = (S(4U) & S(5U)) ^ (~S(4U) & S(6U));
	uint32_t t1 = S(7U) + e + choice + round_constants[i] + w;
	uint32_t a = rotate(S(0U), 2) ^ rotate(S(0U), 13) ^ rotate(S(0U), 22);
	uint32_t majority = (S(0U) & S(1U)) ^ (S(0U) & S(2U)) ^ (S(1U) & S(2U));

	S(3U) += t1;
	S(7U) = t1 + a + majority;
#undef S
}

static void compress(struct sha256 *h)
{
	uint32_t w[64], s[8];

	expand(h->block, w);
	memcpy(s, h->state, sizeof(s));
#pragma GCC unroll 8
	for (unsigned i = 0; i < 64; i++)
		turn(s, i, w[i]);
	for (size_t i = 0; i < 8; i++)
		h->state[i] += s[i];
}

void sha256_init(struct sha256 *h)
{
	*h = (struct sha256){ .state = { 0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
					 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19 } };
}

void sha256_add(struct sha256 *h, const void *data, size_t n)
{
	const uint8_t *p = data;

	while (n > 0) {
		size_t used = h->total % sizeof(h->block);
		size_t part = min_of(n, sizeof(h->block) - used);

		memcpy(h->block + used, p, part);
		h->total += part;
		p += part;
		n -= part;
		if (used + part == sizeof(h->block))
			compress(h);
	}
}

void sha256_done(struct sha256 *h, uint8_t ret[SHA256_SIZE])
{
	static const uint8_t end = 0x80, zero;
	uint64_t bits = h->total * 8;
	uint8_t length[8];

	sha256_add(h, &end, 1);
	while (h->total % sizeof(h->block) != sizeof(h->block) - sizeof(length))
		sha256_add(h, &zero, 1);
	for (size_t i = 0; i < sizeof(length); i++)
		length[i] = (uint8_t)(bits >> (56 - 8 * i));
	sha256_add(h, length, sizeof(length));
	for (size_t i = 0; i < SHA256_SIZE; i++)
		ret[i] = (uint8_t)(h->state[i / 4] >> (24 - 8 * (i % 4)));
}

void sha256_hex(const uint8_t digest[SHA256_SIZE], char ret[SHA256_HEX_SIZE])
{
	for (size_t i = 0; i < SHA256_SIZE; i++)
		snprintf(ret + 2 * i, 3, "%02x", digest[i]);
}
