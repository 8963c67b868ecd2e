/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What lib/ needs of its surroundings, in the kernel or in a program.
 * lib/ allocates nothing, locks nothing, prints nothing and reads no clock.
 */
#ifndef SL_PORT_H
#define SL_PORT_H

#ifdef __KERNEL__

#include <linux/errno.h>
#include <linux/kernel.h>
#include <linux/string.h>
#include <linux/types.h>

#else

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/types.h>

typedef uint8_t u8;
typedef uint16_t u16;
typedef uint32_t u32;
typedef uint64_t u64;
typedef int32_t s32;
typedef int64_t s64;

#ifndef ARRAY_SIZE
#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))
#endif

#endif

static inline u16 sl_get_be16(const void *p)
{
	const u8 *b = (const u8 *)p;

	return (u16)((b[0] << 8) | b[1]);
}

static inline u32 sl_get_be24(const void *p)
{
	const u8 *b = (const u8 *)p;

	return ((u32)b[0] << 16) | ((u32)b[1] << 8) | b[2];
}

static inline u32 sl_get_be32(const void *p)
{
	const u8 *b = (const u8 *)p;

	return ((u32)b[0] << 24) | ((u32)b[1] << 16) | ((u32)b[2] << 8) | b[3];
}

static inline u64 sl_get_be64(const void *p)
{
	const u8 *b = (const u8 *)p;

	return ((u64)sl_get_be32(b) << 32) | sl_get_be32(b + 4);
}

static inline u32 sl_get_le32(const void *p)
{
	const u8 *b = (const u8 *)p;

	return ((u32)b[3] << 24) | ((u32)b[2] << 16) | ((u32)b[1] << 8) | b[0];
}

static inline void sl_put_le32(u32 v, void *p)
{
	u8 *b = (u8 *)p;

	b[0] = v & 0xff;
	b[1] = (v >> 8) & 0xff;
	b[2] = (v >> 16) & 0xff;
	b[3] = v >> 24;
}

static inline void sl_put_be16(u16 v, void *p)
{
	u8 *b = (u8 *)p;

	b[0] = (v >> 8) & 0xff;
	b[1] = v & 0xff;
}

static inline void sl_put_be24(u32 v, void *p)
{
	u8 *b = (u8 *)p;

	b[0] = (v >> 16) & 0xff;
	b[1] = (v >> 8) & 0xff;
	b[2] = v & 0xff;
}

static inline void sl_put_be32(u32 v, void *p)
{
	u8 *b = (u8 *)p;

	b[0] = v >> 24;
	b[1] = (v >> 16) & 0xff;
	b[2] = (v >> 8) & 0xff;
	b[3] = v & 0xff;
}

static inline void sl_put_be64(u64 v, void *p)
{
	u8 *b = (u8 *)p;

	sl_put_be32((u32)(v >> 32), b);
	sl_put_be32((u32)v, b + 4);
}

#endif
