/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Tokens that stand for data of a disk: POPULATE TOKEN, WRITE USING TOKEN (SBC-4 4.28,
 * 5.12, 5.59), RECEIVE ROD TOKEN INFORMATION (SPC-4 6.26), and what VPD page 8Fh says of
 * third-party copies (SPC-4 7.8.17). Keeps no token and copies nothing.
 */
#ifndef SL_ROD_H
#define SL_ROD_H

#include "xcopy.h"

#define SL_ROD_TOKEN_LEN	512
#define SL_ROD_SECRET_LEN	256	/* random bytes at the end of it */
#define SL_ROD_MANAGEMENT_LEN	96	/* of the token that may be told to everybody */
#define SL_ROD_INFORMATION_MAX	(SL_COPY_STATUS_MAX + 4 + 2 + SL_ROD_TOKEN_LEN)

#define SL_ROD_MAX_RANGES	64
#define SL_ROD_MAX_BYTES	(1ull << 30)
#define SL_ROD_OPTIMAL_BYTES	(64ull << 20)
#define SL_ROD_DEFAULT_TIMEOUT	60	/* seconds without use */
#define SL_ROD_MAX_TIMEOUT	600
#define SL_ROD_LIFETIME		3600	/* seconds, used or not */

/* As much of a list as has to be seen: one range too many is told from none. */
#define SL_ROD_POPULATE_MAX	(16 + 16 * (SL_ROD_MAX_RANGES + 1))
#define SL_ROD_WRITE_MAX	(536 + 16 * (SL_ROD_MAX_RANGES + 1))

/* ROD types (SPC-4 table 110, SBC-4 table 30) */
#define SL_ROD_CHANGE_VULNERABLE 0x00800001u
#define SL_ROD_ANY		0x0080ffffu
#define SL_ROD_ZERO		0xffff0001u

struct sl_rod_range {
	u64 lba;
	u32 blocks;
};

/* Ranges that lie on the disk and do not overlap; none is empty. */
struct sl_rod_ranges {
	u16 nr;
	u64 blocks;		/* of all */
	struct sl_rod_range range[SL_ROD_MAX_RANGES];
};

struct sl_rod_list {
	bool immed;
	bool delete_token;	/* DEL_TKN */
	u32 timeout;		/* seconds */
	u64 offset;		/* bytes into what the token stands for */
	const u8 *token;	/* in the list */
	struct sl_rod_ranges ranges;
	s32 bad_at;		/* byte of the list that was refused, -1: no single one */
};

/* The whole of @list, or nothing: SL_OK, else what is wrong with it. */
enum sl_sense sl_populate_parse(const u8 *list, size_t len, const struct sl_unit *unit,
				struct sl_rod_list *out);
enum sl_sense sl_write_token_parse(const u8 *list, size_t len, const struct sl_unit *unit,
				   struct sl_rod_list *out);

static inline u32 sl_rod_type(const u8 *token)
{
	return sl_get_be32(token);
}

static inline u64 sl_rod_id(const u8 *token)
{
	return sl_get_be64(token + 8);
}

/* Same bytes? Takes as long wherever they differ. */
bool sl_rod_same(const u8 *token, const u8 *other);

/*
 * A token for @bytes bytes of @unit into @token. @name: designation descriptor of the unit
 * (sl_xcopy_name()), or NULL. The last SL_ROD_SECRET_LEN bytes are the caller's, random.
 */
void sl_rod_build(u8 *token, u64 id, const struct sl_unit *unit, const u8 *name, u64 bytes);

/*
 * RECEIVE ROD TOKEN INFORMATION data, SL_ROD_INFORMATION_MAX bytes at most; the length.
 * @token: NULL if there is none to be told.
 */
size_t sl_rod_information(u8 *buf, const struct sl_copy_status *st, const u8 *token);

/* VPD page 8Fh behind its header; the length with it. */
size_t sl_third_party_page(const struct sl_unit *unit, u8 *page);

#endif
