/* SPDX-License-Identifier: GPL-2.0-only */
/* CDBs and what they mean for a unit with blocks of 512 bytes; usable in the kernel too. */
#ifndef CDB_VECTORS_H
#define CDB_VECTORS_H

struct cdb_vector {
	const char *what;
	u8 cdb[32];
	u8 cdb_len;
	enum sl_op_id id;
	enum sl_dir dir;
	u64 lba;
	u32 blocks;
	u64 data_len;
	bool fua;
};

static const struct cdb_vector cdb_vectors[] = {
	{ "READ(6)", { 0x08, 0x1f, 0xff, 0xff, 0x01 }, 6,
	  SL_OP_READ_6, SL_DIR_IN, 0x1fffff, 1, 512, false },
	{ "READ(6) of 256 blocks", { 0x08, 0xe0, 0, 1, 0 }, 6,
	  SL_OP_READ_6, SL_DIR_IN, 1, 256, 131072, false },
	{ "WRITE(10) with FUA", { 0x2a, 0x08, 0x12, 0x34, 0x56, 0x78, 0, 0x00, 0x02, 0 }, 10,
	  SL_OP_WRITE_10, SL_DIR_OUT, 0x12345678, 2, 1024, true },
	{ "READ(10) of nothing", { 0x28, 0, 0, 0, 0, 5 }, 10,
	  SL_OP_READ_10, SL_DIR_NONE, 5, 0, 0, false },
	{ "READ(12)", { 0xa8, 0, 0, 0, 0, 1, 0x01, 0, 0, 0 }, 12,
	  SL_OP_READ_12, SL_DIR_IN, 1, 0x1000000, 0x200000000ull, false },
	{ "WRITE(16)", { 0x8a, 0, 1, 2, 3, 4, 5, 6, 7, 8, 0xff, 0xff, 0xff, 0xff }, 16,
	  SL_OP_WRITE_16, SL_DIR_OUT, 0x0102030405060708ull, 0xffffffff, 0x1fffffffe00ull, false },
	{ "VERIFY(10) without BYTCHK", { 0x2f, 0, 0, 0, 0, 1, 0, 0, 8 }, 10,
	  SL_OP_VERIFY_10, SL_DIR_NONE, 1, 8, 0, false },
	{ "VERIFY(10) with BYTCHK 1", { 0x2f, 0x02, 0, 0, 0, 1, 0, 0, 8 }, 10,
	  SL_OP_VERIFY_10, SL_DIR_OUT, 1, 8, 4096, false },
	{ "VERIFY(10) with BYTCHK 3", { 0x2f, 0x06, 0, 0, 0, 1, 0, 0, 8 }, 10,
	  SL_OP_VERIFY_10, SL_DIR_OUT, 1, 8, 512, false },
	{ "WRITE SAME(16)", { 0x93, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 1, 0 }, 16,
	  SL_OP_WRITE_SAME_16, SL_DIR_OUT, 1, 256, 512, false },
	{ "WRITE SAME(16) with NDOB", { 0x93, 0x01, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 1, 0 }, 16,
	  SL_OP_WRITE_SAME_16, SL_DIR_NONE, 1, 256, 0, false },
	{ "SYNCHRONIZE CACHE(10)", { 0x35, 0, 0, 0, 0, 3, 0, 0, 4 }, 10,
	  SL_OP_SYNC_CACHE_10, SL_DIR_NONE, 3, 4, 0, false },
	{ "INQUIRY", { 0x12, 0, 0, 0x01, 0x02 }, 6,
	  SL_OP_INQUIRY, SL_DIR_IN, 0, 0, 0x102, false },
	{ "READ CAPACITY(10)", { 0x25 }, 10,
	  SL_OP_READ_CAPACITY_10, SL_DIR_IN, 0, 0, 8, false },
	{ "READ CAPACITY(16)", { 0x9e, 0x10, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 32 }, 16,
	  SL_OP_READ_CAPACITY_16, SL_DIR_IN, 0, 0, 32, false },
	{ "GET LBA STATUS", { 0x9e, 0x12, 0, 0, 0, 0, 0, 0, 0, 7, 0, 0, 0, 24 }, 16,
	  SL_OP_GET_LBA_STATUS, SL_DIR_IN, 7, 0, 24, false },
	{ "UNMAP", { 0x42, 0, 0, 0, 0, 0, 0, 0, 24 }, 10,
	  SL_OP_UNMAP, SL_DIR_OUT, 0, 0, 24, false },
	{ "READ TOC/PMA/ATIP", { 0x43, 0x02, 0, 0, 0, 0, 1, 0x03, 0x24 }, 10,
	  SL_OP_READ_TOC, SL_DIR_IN, 0, 0, 0x324, false },
	{ "GET CONFIGURATION", { 0x46, 0x02, 0, 0x1e, 0, 0, 0, 0, 8 }, 10,
	  SL_OP_GET_CONFIGURATION, SL_DIR_IN, 0, 0, 8, false },
	{ "GET EVENT STATUS NOTIFICATION", { 0x4a, 0x01, 0, 0, 0x10, 0, 0, 0, 8 }, 10,
	  SL_OP_EVENT_STATUS, SL_DIR_IN, 0, 0, 8, false },
	{ "READ DISC INFORMATION", { 0x51, 0, 0, 0, 0, 0, 0, 0, 34 }, 10,
	  SL_OP_DISC_INFORMATION, SL_DIR_IN, 0, 0, 34, false },
	{ "REPORT SUPPORTED TASK MANAGEMENT FUNCTIONS", { 0xa3, 0x0d, 0, 0, 0, 0, 0, 0, 0, 4 }, 12,
	  SL_OP_REPORT_TMFS, SL_DIR_IN, 0, 0, 4, false },
	{ "PERSISTENT RESERVE OUT", { 0x5f, 0x06, 0x05, 0, 0, 0, 0, 0, 24 }, 10,
	  SL_OP_PR_REGISTER_IGNORE, SL_DIR_OUT, 0, 0, 24, false },
	{ "COMPARE AND WRITE", { 0x89, 0, 0, 0, 0, 0, 0, 0, 0, 3, 0, 0, 0, 2 }, 16,
	  SL_OP_COMPARE_WRITE, SL_DIR_OUT, 3, 2, 2048, false },
	{ "WRITE ATOMIC(16)", { 0x9c, 0x08, 0, 0, 0, 0, 0, 0, 0, 3, 0, 0, 0, 2 }, 16,
	  SL_OP_WRITE_ATOMIC_16, SL_DIR_OUT, 3, 2, 1024, true },
	{ "READ(32)", { 0x7f, 0, 0, 0, 0, 0, 0, 0x18, 0, 0x09, 0x28, 0, 0, 0, 0, 1, 0, 0, 0, 2,
			0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0, 3 }, 32,
	  SL_OP_READ_32, SL_DIR_IN, 0x100000002ull, 3, 1536, true },
	{ "WRITE SAME(32) with NDOB", { 0x7f, 0, 0, 0, 0, 0, 0, 0x18, 0, 0x0d, 0x01, 0, 0, 0, 0, 0,
			0, 0, 0, 2, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0, 3 }, 32,
	  SL_OP_WRITE_SAME_32, SL_DIR_NONE, 2, 3, 0, false },
	{ "WRITE AND VERIFY(32)", { 0x7f, 0, 0, 0, 0, 0, 0, 0x18, 0, 0x0c, 0x22, 0, 0, 0, 0, 0,
			0, 0, 0, 2, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0, 3 }, 32,
	  SL_OP_WRITE_VERIFY_32, SL_DIR_OUT, 2, 3, 1536, false },
	{ "VERIFY(32) with BYTCHK 3", { 0x7f, 0, 0, 0, 0, 0, 0, 0x18, 0, 0x0a, 0x26, 0, 0, 0, 0, 0,
			0, 0, 0, 2, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0, 3 }, 32,
	  SL_OP_VERIFY_32, SL_DIR_OUT, 2, 3, 512, false },
	{ "EXTENDED COPY(LID4)", { 0x83, 0x01, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x01, 0x02 }, 16,
	  SL_OP_EXTENDED_COPY4, SL_DIR_OUT, 0, 0, 0x102, false },
	{ "POPULATE TOKEN", { 0x83, 0x10, 0, 0, 0, 0, 1, 2, 3, 4, 0, 0, 0, 32 }, 16,
	  SL_OP_POPULATE_TOKEN, SL_DIR_OUT, 0, 0, 32, false },
	{ "WRITE USING TOKEN", { 0x83, 0x11, 0, 0, 0, 0, 1, 2, 3, 4, 0, 0, 2, 40 }, 16,
	  SL_OP_WRITE_USING_TOKEN, SL_DIR_OUT, 0, 0, 552, false },
	{ "COPY OPERATION ABORT", { 0x83, 0x1c, 0, 0, 0, 9, 0, 0, 0, 0, 1, 1, 1, 1 }, 16,
	  SL_OP_COPY_ABORT, SL_DIR_NONE, 0, 0, 0, false },
	{ "RECEIVE COPY STATUS(LID4)", { 0x84, 0x05, 0, 0, 0, 9, 0, 0, 0, 0, 0, 0, 0, 64 }, 16,
	  SL_OP_COPY_STATUS4, SL_DIR_IN, 0, 0, 64, false },
	{ "RECEIVE ROD TOKEN INFORMATION", { 0x84, 0x07, 0, 0, 0, 9, 0, 0, 0, 0, 0, 0, 4, 0 }, 16,
	  SL_OP_TOKEN_INFORMATION, SL_DIR_IN, 0, 0, 1024, false },
	{ "REPORT ALL ROD TOKENS", { 0x84, 0x08, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0 }, 16,
	  SL_OP_REPORT_TOKENS, SL_DIR_IN, 0, 0, 0x10000, false },
	{ "TEST UNIT READY", { 0 }, 6,
	  SL_OP_TEST_UNIT_READY, SL_DIR_NONE, 0, 0, 0, false },
};

#endif
