// SPDX-License-Identifier: GPL-2.0-only
/* Opcode table (SPC-4, SBC-3) and its decoding. */
#include "cdb.h"

#define F(...)	{ __VA_ARGS__ }

/* DPO and FUA in the usage map; xxPROTECT is added for units that have protection information. */
#define RW_BITS	0x18

/* What the 32-byte forms have in common (SBC-3 5.13): they are those of protection type 2. */
#define LONG_FLAGS	(SL_OPF_MEDIUM | SL_OPF_PROTECT | SL_OPF_LONG)
#define LONG_USAGE(_action, _options) \
	F(0x7f, 0x04, 0, 0, 0, 0, 0x1f, 0xff, 0, _action, (_options) | 0xe0, 0, \
	  0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, \
	  0, 0, 0, 0, 0xff, 0xff, 0xff, 0xff)
#define LONG_REST	0x18	/* ADDITIONAL CDB LENGTH */

static const struct sl_op sl_ops[SL_OP_COUNT] = {
	[SL_OP_TEST_UNIT_READY] = {
		"TEST UNIT READY", 0x00, 0, 6, SL_DIR_NONE, SL_LEN_NONE, SL_OPF_PR_FREE,
		0, 0, 0, 0, F(0x00, 0, 0, 0, 0, 0x04) },
	[SL_OP_REQUEST_SENSE] = {
		"REQUEST SENSE", 0x03, 0, 6, SL_DIR_IN, SL_LEN_BYTES,
		SL_OPF_SKIP_UA | SL_OPF_PR_FREE | SL_OPF_R6_FREE | SL_OPF_ALWAYS,
		0, 0, 4, 1, F(0x03, 0x01, 0, 0, 0xff, 0x04) },
	[SL_OP_FORMAT_UNIT] = {
		"FORMAT UNIT", 0x04, 0, 6, SL_DIR_OUT, SL_LEN_FORMAT, SL_OPF_WRITES,
		0, 0, 0, 0, F(0x04, 0xff, 0, 0, 0, 0x04) },
	[SL_OP_READ_6] = {
		"READ(6)", 0x08, 0, 6, SL_DIR_IN, SL_LEN_BLOCKS, SL_OPF_MEDIUM | SL_OPF_PR_READ,
		1, 3, 4, 1, F(0x08, 0x1f, 0xff, 0xff, 0xff, 0x04) },
	[SL_OP_WRITE_6] = {
		"WRITE(6)", 0x0a, 0, 6, SL_DIR_OUT, SL_LEN_BLOCKS, SL_OPF_MEDIUM | SL_OPF_WRITES,
		1, 3, 4, 1, F(0x0a, 0x1f, 0xff, 0xff, 0xff, 0x04) },
	[SL_OP_RESERVE_6] = {
		"RESERVE(6)", 0x16, 0, 6, SL_DIR_NONE, SL_LEN_NONE, 0,
		0, 0, 0, 0, F(0x16, 0, 0, 0, 0, 0x04) },
	[SL_OP_RELEASE_6] = {
		"RELEASE(6)", 0x17, 0, 6, SL_DIR_NONE, SL_LEN_NONE,
		SL_OPF_PR_FREE | SL_OPF_R6_FREE,
		0, 0, 0, 0, F(0x17, 0, 0, 0, 0, 0x04) },
	[SL_OP_INQUIRY] = {
		"INQUIRY", 0x12, 0, 6, SL_DIR_IN, SL_LEN_BYTES,
		SL_OPF_SKIP_UA | SL_OPF_PR_FREE | SL_OPF_R6_FREE | SL_OPF_ALWAYS,
		0, 0, 3, 2, F(0x12, 0x01, 0xff, 0xff, 0xff, 0x04) },
	[SL_OP_MODE_SELECT_6] = {
		"MODE SELECT(6)", 0x15, 0, 6, SL_DIR_OUT, SL_LEN_BYTES, SL_OPF_STANDBY,
		0, 0, 4, 1, F(0x15, 0x11, 0, 0, 0xff, 0x04) },
	[SL_OP_MODE_SENSE_6] = {
		"MODE SENSE(6)", 0x1a, 0, 6, SL_DIR_IN, SL_LEN_BYTES, SL_OPF_STANDBY,
		0, 0, 4, 1, F(0x1a, 0x08, 0xff, 0xff, 0xff, 0x04) },
	[SL_OP_START_STOP_UNIT] = {
		"START STOP UNIT", 0x1b, 0, 6, SL_DIR_NONE, SL_LEN_NONE, 0,
		0, 0, 0, 0, F(0x1b, 0x01, 0, 0x0f, 0xf7, 0x04) },
	[SL_OP_SEND_DIAGNOSTIC] = {
		"SEND DIAGNOSTIC", 0x1d, 0, 6, SL_DIR_OUT, SL_LEN_BYTES, SL_OPF_STANDBY,
		0, 0, 3, 2, F(0x1d, 0x04, 0, 0xff, 0xff, 0x04) },
	[SL_OP_PREVENT_ALLOW] = {
		"PREVENT ALLOW MEDIUM REMOVAL", 0x1e, 0, 6, SL_DIR_NONE, SL_LEN_NONE, 0,
		0, 0, 0, 0, F(0x1e, 0, 0, 0, 0x03, 0x04) },
	[SL_OP_READ_CAPACITY_10] = {
		"READ CAPACITY(10)", 0x25, 0, 10, SL_DIR_IN, SL_LEN_FIXED_8,
		SL_OPF_PR_FREE | SL_OPF_STANDBY,
		2, 4, 0, 0, F(0x25, 0, 0xff, 0xff, 0xff, 0xff, 0, 0, 0x01, 0x04) },
	[SL_OP_READ_10] = {
		"READ(10)", 0x28, 0, 10, SL_DIR_IN, SL_LEN_BLOCKS,
		SL_OPF_MEDIUM | SL_OPF_PROTECT | SL_OPF_FUA | SL_OPF_PR_READ,
		2, 4, 7, 2, F(0x28, RW_BITS, 0xff, 0xff, 0xff, 0xff, 0x1f, 0xff, 0xff, 0x04) },
	[SL_OP_WRITE_10] = {
		"WRITE(10)", 0x2a, 0, 10, SL_DIR_OUT, SL_LEN_BLOCKS,
		SL_OPF_MEDIUM | SL_OPF_PROTECT | SL_OPF_WRITES | SL_OPF_FUA,
		2, 4, 7, 2, F(0x2a, RW_BITS, 0xff, 0xff, 0xff, 0xff, 0x1f, 0xff, 0xff, 0x04) },
	[SL_OP_WRITE_VERIFY_10] = {
		"WRITE AND VERIFY(10)", 0x2e, 0, 10, SL_DIR_OUT, SL_LEN_BLOCKS,
		SL_OPF_MEDIUM | SL_OPF_PROTECT | SL_OPF_WRITES,
		2, 4, 7, 2, F(0x2e, 0x16, 0xff, 0xff, 0xff, 0xff, 0x1f, 0xff, 0xff, 0x04) },
	[SL_OP_VERIFY_10] = {
		"VERIFY(10)", 0x2f, 0, 10, SL_DIR_OUT, SL_LEN_VERIFY,
		SL_OPF_MEDIUM | SL_OPF_PROTECT | SL_OPF_PR_READ,
		2, 4, 7, 2, F(0x2f, 0x16, 0xff, 0xff, 0xff, 0xff, 0x1f, 0xff, 0xff, 0x04) },
	[SL_OP_PREFETCH_10] = {
		"PRE-FETCH(10)", 0x34, 0, 10, SL_DIR_NONE, SL_LEN_RANGE,
		SL_OPF_MEDIUM | SL_OPF_PR_READ,
		2, 4, 7, 2, F(0x34, 0x02, 0xff, 0xff, 0xff, 0xff, 0x1f, 0xff, 0xff, 0x04) },
	[SL_OP_SYNC_CACHE_10] = {
		"SYNCHRONIZE CACHE(10)", 0x35, 0, 10, SL_DIR_NONE, SL_LEN_RANGE, SL_OPF_MEDIUM,
		2, 4, 7, 2, F(0x35, 0x02, 0xff, 0xff, 0xff, 0xff, 0x1f, 0xff, 0xff, 0x04) },
	[SL_OP_READ_DEFECT_10] = {
		"READ DEFECT DATA(10)", 0x37, 0, 10, SL_DIR_IN, SL_LEN_BYTES, SL_OPF_PR_READ,
		0, 0, 7, 2, F(0x37, 0, 0x1f, 0, 0, 0, 0, 0xff, 0xff, 0x04) },
	[SL_OP_WRITE_SAME_10] = {
		"WRITE SAME(10)", 0x41, 0, 10, SL_DIR_OUT, SL_LEN_ONE_BLOCK,
		SL_OPF_MEDIUM | SL_OPF_PROTECT | SL_OPF_WRITES,
		2, 4, 7, 2, F(0x41, 0x18, 0xff, 0xff, 0xff, 0xff, 0x1f, 0xff, 0xff, 0x04) },
	[SL_OP_UNMAP] = {
		"UNMAP", 0x42, 0, 10, SL_DIR_OUT, SL_LEN_BYTES, SL_OPF_WRITES,
		0, 0, 7, 2, F(0x42, 0, 0, 0, 0, 0, 0x1f, 0xff, 0xff, 0x04) },
	[SL_OP_READ_TOC] = {
		"READ TOC/PMA/ATIP", 0x43, 0, 10, SL_DIR_IN, SL_LEN_BYTES, SL_OPF_PR_READ,
		0, 0, 7, 2, F(0x43, 0x02, 0x0f, 0, 0, 0, 0xff, 0xff, 0xff, 0xc4) },
	[SL_OP_GET_CONFIGURATION] = {
		"GET CONFIGURATION", 0x46, 0, 10, SL_DIR_IN, SL_LEN_BYTES,
		SL_OPF_SKIP_UA | SL_OPF_PR_FREE | SL_OPF_STANDBY,
		0, 0, 7, 2, F(0x46, 0x03, 0xff, 0xff, 0, 0, 0, 0xff, 0xff, 0x04) },
	[SL_OP_SANITIZE_OVERWRITE] = {
		"SANITIZE OVERWRITE", 0x48, 0x01, 10, SL_DIR_OUT, SL_LEN_BYTES,
		SL_OPF_WRITES | SL_OPF_SERVICE_ACTION,
		0, 0, 7, 2, F(0x48, 0xa1, 0, 0, 0, 0, 0, 0xff, 0xff, 0x04) },
	[SL_OP_SANITIZE_BLOCK_ERASE] = {
		"SANITIZE BLOCK ERASE", 0x48, 0x02, 10, SL_DIR_OUT, SL_LEN_BYTES,
		SL_OPF_WRITES | SL_OPF_SERVICE_ACTION,
		0, 0, 7, 2, F(0x48, 0xa2, 0, 0, 0, 0, 0, 0xff, 0xff, 0x04) },
	[SL_OP_SANITIZE_CRYPTO_ERASE] = {
		"SANITIZE CRYPTOGRAPHIC ERASE", 0x48, 0x03, 10, SL_DIR_OUT, SL_LEN_BYTES,
		SL_OPF_WRITES | SL_OPF_SERVICE_ACTION,
		0, 0, 7, 2, F(0x48, 0xa3, 0, 0, 0, 0, 0, 0xff, 0xff, 0x04) },
	[SL_OP_SANITIZE_EXIT_FAILURE] = {
		"SANITIZE EXIT FAILURE MODE", 0x48, 0x1f, 10, SL_DIR_OUT, SL_LEN_BYTES,
		SL_OPF_WRITES | SL_OPF_SERVICE_ACTION,
		0, 0, 7, 2, F(0x48, 0x9f, 0, 0, 0, 0, 0, 0xff, 0xff, 0x04) },
	[SL_OP_EVENT_STATUS] = {
		"GET EVENT STATUS NOTIFICATION", 0x4a, 0, 10, SL_DIR_IN, SL_LEN_BYTES,
		SL_OPF_SKIP_UA | SL_OPF_PR_FREE | SL_OPF_STANDBY,
		0, 0, 7, 2, F(0x4a, 0x01, 0, 0, 0xff, 0, 0, 0xff, 0xff, 0x04) },
	[SL_OP_LOG_SENSE] = {
		"LOG SENSE", 0x4d, 0, 10, SL_DIR_IN, SL_LEN_BYTES, SL_OPF_PR_FREE | SL_OPF_STANDBY,
		0, 0, 7, 2, F(0x4d, 0, 0xff, 0xff, 0, 0xff, 0xff, 0xff, 0xff, 0x04) },
	[SL_OP_DISC_INFORMATION] = {
		"READ DISC INFORMATION", 0x51, 0, 10, SL_DIR_IN, SL_LEN_BYTES, SL_OPF_PR_READ,
		0, 0, 7, 2, F(0x51, 0x07, 0, 0, 0, 0, 0, 0xff, 0xff, 0x04) },
	[SL_OP_MODE_SELECT_10] = {
		"MODE SELECT(10)", 0x55, 0, 10, SL_DIR_OUT, SL_LEN_BYTES, SL_OPF_STANDBY,
		0, 0, 7, 2, F(0x55, 0x11, 0, 0, 0, 0, 0, 0xff, 0xff, 0x04) },
	[SL_OP_RESERVE_10] = {
		"RESERVE(10)", 0x56, 0, 10, SL_DIR_NONE, SL_LEN_NONE, 0,
		0, 0, 0, 0, F(0x56, 0, 0, 0, 0, 0, 0, 0, 0, 0x04) },
	[SL_OP_RELEASE_10] = {
		"RELEASE(10)", 0x57, 0, 10, SL_DIR_NONE, SL_LEN_NONE,
		SL_OPF_PR_FREE | SL_OPF_R6_FREE,
		0, 0, 0, 0, F(0x57, 0, 0, 0, 0, 0, 0, 0, 0, 0x04) },
	[SL_OP_MODE_SENSE_10] = {
		"MODE SENSE(10)", 0x5a, 0, 10, SL_DIR_IN, SL_LEN_BYTES, SL_OPF_STANDBY,
		0, 0, 7, 2, F(0x5a, 0x18, 0xff, 0xff, 0, 0, 0, 0xff, 0xff, 0x04) },
	[SL_OP_PR_READ_KEYS] = {
		"PR IN READ KEYS", 0x5e, 0, 10, SL_DIR_IN, SL_LEN_BYTES,
		SL_OPF_PR_FREE | SL_OPF_SERVICE_ACTION | SL_OPF_STANDBY,
		0, 0, 7, 2, F(0x5e, 0x00, 0, 0, 0, 0, 0, 0xff, 0xff, 0x04) },
	[SL_OP_PR_READ_RESERVATION] = {
		"PR IN READ RESERVATION", 0x5e, 0x01, 10, SL_DIR_IN, SL_LEN_BYTES,
		SL_OPF_PR_FREE | SL_OPF_SERVICE_ACTION | SL_OPF_STANDBY,
		0, 0, 7, 2, F(0x5e, 0x01, 0, 0, 0, 0, 0, 0xff, 0xff, 0x04) },
	[SL_OP_PR_REPORT_CAPABILITIES] = {
		"PR IN REPORT CAPABILITIES", 0x5e, 0x02, 10, SL_DIR_IN, SL_LEN_BYTES,
		SL_OPF_PR_FREE | SL_OPF_SERVICE_ACTION | SL_OPF_STANDBY,
		0, 0, 7, 2, F(0x5e, 0x02, 0, 0, 0, 0, 0, 0xff, 0xff, 0x04) },
	[SL_OP_PR_READ_FULL_STATUS] = {
		"PR IN READ FULL STATUS", 0x5e, 0x03, 10, SL_DIR_IN, SL_LEN_BYTES,
		SL_OPF_PR_FREE | SL_OPF_SERVICE_ACTION | SL_OPF_STANDBY,
		0, 0, 7, 2, F(0x5e, 0x03, 0, 0, 0, 0, 0, 0xff, 0xff, 0x04) },
	[SL_OP_PR_REGISTER] = {
		"PR OUT REGISTER", 0x5f, 0, 10, SL_DIR_OUT, SL_LEN_BYTES,
		SL_OPF_PR_FREE | SL_OPF_SERVICE_ACTION | SL_OPF_STANDBY,
		0, 0, 5, 4, F(0x5f, 0x00, 0xff, 0, 0, 0xff, 0xff, 0xff, 0xff, 0x04) },
	[SL_OP_PR_RESERVE] = {
		"PR OUT RESERVE", 0x5f, 0x01, 10, SL_DIR_OUT, SL_LEN_BYTES,
		SL_OPF_PR_FREE | SL_OPF_SERVICE_ACTION | SL_OPF_STANDBY,
		0, 0, 5, 4, F(0x5f, 0x01, 0xff, 0, 0, 0xff, 0xff, 0xff, 0xff, 0x04) },
	[SL_OP_PR_RELEASE] = {
		"PR OUT RELEASE", 0x5f, 0x02, 10, SL_DIR_OUT, SL_LEN_BYTES,
		SL_OPF_PR_FREE | SL_OPF_SERVICE_ACTION | SL_OPF_STANDBY,
		0, 0, 5, 4, F(0x5f, 0x02, 0xff, 0, 0, 0xff, 0xff, 0xff, 0xff, 0x04) },
	[SL_OP_PR_CLEAR] = {
		"PR OUT CLEAR", 0x5f, 0x03, 10, SL_DIR_OUT, SL_LEN_BYTES,
		SL_OPF_PR_FREE | SL_OPF_SERVICE_ACTION | SL_OPF_STANDBY,
		0, 0, 5, 4, F(0x5f, 0x03, 0xff, 0, 0, 0xff, 0xff, 0xff, 0xff, 0x04) },
	[SL_OP_PR_PREEMPT] = {
		"PR OUT PREEMPT", 0x5f, 0x04, 10, SL_DIR_OUT, SL_LEN_BYTES,
		SL_OPF_PR_FREE | SL_OPF_SERVICE_ACTION | SL_OPF_STANDBY,
		0, 0, 5, 4, F(0x5f, 0x04, 0xff, 0, 0, 0xff, 0xff, 0xff, 0xff, 0x04) },
	[SL_OP_PR_PREEMPT_ABORT] = {
		"PR OUT PREEMPT AND ABORT", 0x5f, 0x05, 10, SL_DIR_OUT, SL_LEN_BYTES,
		SL_OPF_PR_FREE | SL_OPF_SERVICE_ACTION | SL_OPF_STANDBY,
		0, 0, 5, 4, F(0x5f, 0x05, 0xff, 0, 0, 0xff, 0xff, 0xff, 0xff, 0x04) },
	[SL_OP_PR_REGISTER_IGNORE] = {
		"PR OUT REGISTER AND IGNORE", 0x5f, 0x06, 10, SL_DIR_OUT, SL_LEN_BYTES,
		SL_OPF_PR_FREE | SL_OPF_SERVICE_ACTION | SL_OPF_STANDBY,
		0, 0, 5, 4, F(0x5f, 0x06, 0xff, 0, 0, 0xff, 0xff, 0xff, 0xff, 0x04) },
	[SL_OP_PR_REGISTER_MOVE] = {
		"PR OUT REGISTER AND MOVE", 0x5f, 0x07, 10, SL_DIR_OUT, SL_LEN_BYTES,
		SL_OPF_PR_FREE | SL_OPF_SERVICE_ACTION | SL_OPF_STANDBY,
		0, 0, 5, 4, F(0x5f, 0x07, 0xff, 0, 0, 0xff, 0xff, 0xff, 0xff, 0x04) },
	[SL_OP_EXTENDED_COPY] = {
		"EXTENDED COPY(LID1)", 0x83, 0, 16, SL_DIR_OUT, SL_LEN_BYTES, SL_OPF_SERVICE_ACTION,
		0, 0, 10, 4, F(0x83, 0x00, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 0xff, 0xff, 0,
			       0x04) },
	[SL_OP_EXTENDED_COPY4] = {
		"EXTENDED COPY(LID4)", 0x83, 0x01, 16, SL_DIR_OUT, SL_LEN_BYTES,
		SL_OPF_SERVICE_ACTION,
		0, 0, 10, 4, F(0x83, 0x01, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 0xff, 0xff, 0,
			       0x04) },
	[SL_OP_POPULATE_TOKEN] = {
		"POPULATE TOKEN", 0x83, 0x10, 16, SL_DIR_OUT, SL_LEN_BYTES,
		SL_OPF_SERVICE_ACTION | SL_OPF_PR_READ,
		0, 0, 10, 4, F(0x83, 0x10, 0, 0, 0, 0, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
			       0xff, 0x1f, 0x04) },
	[SL_OP_WRITE_USING_TOKEN] = {
		"WRITE USING TOKEN", 0x83, 0x11, 16, SL_DIR_OUT, SL_LEN_BYTES,
		SL_OPF_SERVICE_ACTION | SL_OPF_WRITES,
		0, 0, 10, 4, F(0x83, 0x11, 0, 0, 0, 0, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
			       0xff, 0x1f, 0x04) },
	[SL_OP_COPY_ABORT] = {
		"COPY OPERATION ABORT", 0x83, 0x1c, 16, SL_DIR_NONE, SL_LEN_NONE,
		SL_OPF_SERVICE_ACTION | SL_OPF_PR_FREE,
		0, 0, 0, 0, F(0x83, 0x1c, 0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0, 0, 0, 0, 0, 0,
			      0x04) },
	[SL_OP_COPY_STATUS] = {
		"RECEIVE COPY STATUS(LID1)", 0x84, 0, 16, SL_DIR_IN, SL_LEN_BYTES,
		SL_OPF_SERVICE_ACTION | SL_OPF_PR_READ,
		0, 0, 10, 4, F(0x84, 0x00, 0xff, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 0xff, 0xff, 0,
			       0x04) },
	[SL_OP_COPY_PARAMETERS] = {
		"RECEIVE COPY OPERATING PARAMETERS", 0x84, 0x03, 16, SL_DIR_IN, SL_LEN_BYTES,
		SL_OPF_SERVICE_ACTION | SL_OPF_PR_READ,
		0, 0, 10, 4, F(0x84, 0x03, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 0xff, 0xff, 0,
			       0x04) },
	[SL_OP_COPY_FAILURE] = {
		"RECEIVE COPY FAILURE DETAILS(LID1)", 0x84, 0x04, 16, SL_DIR_IN, SL_LEN_BYTES,
		SL_OPF_SERVICE_ACTION | SL_OPF_PR_READ,
		0, 0, 10, 4, F(0x84, 0x04, 0xff, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 0xff, 0xff, 0,
			       0x04) },
	[SL_OP_COPY_STATUS4] = {
		"RECEIVE COPY STATUS(LID4)", 0x84, 0x05, 16, SL_DIR_IN, SL_LEN_BYTES,
		SL_OPF_SERVICE_ACTION | SL_OPF_PR_READ,
		0, 0, 10, 4, F(0x84, 0x05, 0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0, 0xff, 0xff, 0xff, 0xff,
			       0, 0x04) },
	[SL_OP_TOKEN_INFORMATION] = {
		"RECEIVE ROD TOKEN INFORMATION", 0x84, 0x07, 16, SL_DIR_IN, SL_LEN_BYTES,
		SL_OPF_SERVICE_ACTION | SL_OPF_PR_READ,
		0, 0, 10, 4, F(0x84, 0x07, 0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0, 0xff, 0xff, 0xff, 0xff,
			       0, 0x04) },
	[SL_OP_REPORT_TOKENS] = {
		"REPORT ALL ROD TOKENS", 0x84, 0x08, 16, SL_DIR_IN, SL_LEN_BYTES,
		SL_OPF_SERVICE_ACTION | SL_OPF_PR_READ,
		0, 0, 10, 4, F(0x84, 0x08, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 0xff, 0xff,
			       0, 0x04) },
	[SL_OP_READ_16] = {
		"READ(16)", 0x88, 0, 16, SL_DIR_IN, SL_LEN_BLOCKS,
		SL_OPF_MEDIUM | SL_OPF_PROTECT | SL_OPF_FUA | SL_OPF_PR_READ,
		2, 8, 10, 4, F(0x88, RW_BITS, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
			       0xff, 0xff, 0xff, 0xff, 0x1f, 0x04) },
	[SL_OP_COMPARE_WRITE] = {
		"COMPARE AND WRITE", 0x89, 0, 16, SL_DIR_OUT, SL_LEN_TWICE_BLOCKS,
		SL_OPF_MEDIUM | SL_OPF_PROTECT | SL_OPF_WRITES | SL_OPF_FUA,
		2, 8, 13, 1, F(0x89, 0x18, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0, 0,
			      0, 0xff, 0x1f, 0x04) },
	[SL_OP_WRITE_16] = {
		"WRITE(16)", 0x8a, 0, 16, SL_DIR_OUT, SL_LEN_BLOCKS,
		SL_OPF_MEDIUM | SL_OPF_PROTECT | SL_OPF_WRITES | SL_OPF_FUA,
		2, 8, 10, 4, F(0x8a, RW_BITS, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
			       0xff, 0xff, 0xff, 0xff, 0x1f, 0x04) },
	[SL_OP_ORWRITE_16] = {
		"ORWRITE(16)", 0x8b, 0, 16, SL_DIR_OUT, SL_LEN_BLOCKS,
		SL_OPF_MEDIUM | SL_OPF_PROTECT | SL_OPF_WRITES | SL_OPF_FUA,
		2, 8, 10, 4, F(0x8b, 0x18, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
			      0xff, 0xff, 0xff, 0x1f, 0x04) },
	[SL_OP_WRITE_VERIFY_16] = {
		"WRITE AND VERIFY(16)", 0x8e, 0, 16, SL_DIR_OUT, SL_LEN_BLOCKS,
		SL_OPF_MEDIUM | SL_OPF_PROTECT | SL_OPF_WRITES,
		2, 8, 10, 4, F(0x8e, 0x16, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
			       0xff, 0xff, 0xff, 0xff, 0x1f, 0x04) },
	[SL_OP_VERIFY_16] = {
		"VERIFY(16)", 0x8f, 0, 16, SL_DIR_OUT, SL_LEN_VERIFY,
		SL_OPF_MEDIUM | SL_OPF_PROTECT | SL_OPF_PR_READ,
		2, 8, 10, 4, F(0x8f, 0x16, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
			       0xff, 0xff, 0xff, 0xff, 0x1f, 0x04) },
	[SL_OP_PREFETCH_16] = {
		"PRE-FETCH(16)", 0x90, 0, 16, SL_DIR_NONE, SL_LEN_RANGE,
		SL_OPF_MEDIUM | SL_OPF_PR_READ,
		2, 8, 10, 4, F(0x90, 0x02, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
			       0xff, 0xff, 0xff, 0xff, 0x1f, 0x04) },
	[SL_OP_SYNC_CACHE_16] = {
		"SYNCHRONIZE CACHE(16)", 0x91, 0, 16, SL_DIR_NONE, SL_LEN_RANGE, SL_OPF_MEDIUM,
		2, 8, 10, 4, F(0x91, 0x02, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
			       0xff, 0xff, 0xff, 0xff, 0x1f, 0x04) },
	[SL_OP_WRITE_SAME_16] = {
		"WRITE SAME(16)", 0x93, 0, 16, SL_DIR_OUT, SL_LEN_ONE_BLOCK,
		SL_OPF_MEDIUM | SL_OPF_PROTECT | SL_OPF_WRITES,
		2, 8, 10, 4, F(0x93, 0x19, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
			       0xff, 0xff, 0xff, 0xff, 0x1f, 0x04) },
	[SL_OP_WRITE_ATOMIC_16] = {
		"WRITE ATOMIC(16)", 0x9c, 0, 16, SL_DIR_OUT, SL_LEN_BLOCKS,
		SL_OPF_MEDIUM | SL_OPF_PROTECT | SL_OPF_WRITES | SL_OPF_FUA,
		2, 8, 12, 2, F(0x9c, 0x18, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0, 0,
			      0xff, 0xff, 0x1f, 0x04) },
	[SL_OP_READ_CAPACITY_16] = {
		"READ CAPACITY(16)", 0x9e, 0x10, 16, SL_DIR_IN, SL_LEN_BYTES,
		SL_OPF_SERVICE_ACTION | SL_OPF_PR_FREE | SL_OPF_STANDBY,
		2, 8, 10, 4, F(0x9e, 0x10, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
			       0xff, 0xff, 0xff, 0xff, 0x01, 0x04) },
	[SL_OP_GET_LBA_STATUS] = {
		"GET LBA STATUS", 0x9e, 0x12, 16, SL_DIR_IN, SL_LEN_BYTES,
		SL_OPF_SERVICE_ACTION | SL_OPF_PR_READ,
		2, 8, 10, 4, F(0x9e, 0x12, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
			       0xff, 0xff, 0xff, 0xff, 0x00, 0x04) },
	[SL_OP_REPORT_LUNS] = {
		"REPORT LUNS", 0xa0, 0, 12, SL_DIR_IN, SL_LEN_BYTES,
		SL_OPF_SKIP_UA | SL_OPF_PR_FREE | SL_OPF_R6_FREE | SL_OPF_ALWAYS,
		0, 0, 6, 4, F(0xa0, 0, 0xff, 0, 0, 0, 0xff, 0xff, 0xff, 0xff, 0, 0x04) },
	[SL_OP_REPORT_IDENT] = {
		"REPORT IDENTIFYING INFORMATION", 0xa3, 0x05, 12, SL_DIR_IN, SL_LEN_BYTES,
		SL_OPF_PR_FREE | SL_OPF_SERVICE_ACTION | SL_OPF_STANDBY,
		0, 0, 6, 4, F(0xa3, 0x05, 0, 0, 0, 0, 0xff, 0xff, 0xff, 0xff, 0xfe, 0x04) },
	[SL_OP_REPORT_PORT_GROUPS] = {
		"REPORT TARGET PORT GROUPS", 0xa3, 0x0a, 12, SL_DIR_IN, SL_LEN_BYTES,
		SL_OPF_SERVICE_ACTION | SL_OPF_PR_FREE | SL_OPF_ALWAYS,
		0, 0, 6, 4, F(0xa3, 0xea, 0, 0, 0, 0, 0xff, 0xff, 0xff, 0xff, 0, 0x04) },
	[SL_OP_REPORT_OPCODES] = {
		"REPORT SUPPORTED OPERATION CODES", 0xa3, 0x0c, 12, SL_DIR_IN, SL_LEN_BYTES,
		SL_OPF_SERVICE_ACTION | SL_OPF_PR_FREE | SL_OPF_STANDBY,
		0, 0, 6, 4, F(0xa3, 0x0c, 0x87, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
			      0, 0x04) },
	[SL_OP_REPORT_TMFS] = {
		"REPORT SUPPORTED TASK MANAGEMENT FUNCTIONS", 0xa3, 0x0d, 12, SL_DIR_IN,
		SL_LEN_BYTES, SL_OPF_SERVICE_ACTION | SL_OPF_PR_FREE | SL_OPF_STANDBY,
		0, 0, 6, 4, F(0xa3, 0x0d, 0x80, 0, 0, 0, 0xff, 0xff, 0xff, 0xff, 0, 0x04) },
	[SL_OP_SET_IDENT] = {
		"SET IDENTIFYING INFORMATION", 0xa4, 0x06, 12, SL_DIR_OUT, SL_LEN_BYTES,
		SL_OPF_SERVICE_ACTION | SL_OPF_STANDBY,
		0, 0, 6, 4, F(0xa4, 0x06, 0, 0, 0, 0, 0xff, 0xff, 0xff, 0xff, 0xfe, 0x04) },
	[SL_OP_SET_PORT_GROUPS] = {
		"SET TARGET PORT GROUPS", 0xa4, 0x0a, 12, SL_DIR_OUT, SL_LEN_BYTES,
		SL_OPF_SERVICE_ACTION | SL_OPF_UNAVAILABLE,
		0, 0, 6, 4, F(0xa4, 0x0a, 0, 0, 0, 0, 0xff, 0xff, 0xff, 0xff, 0, 0x04) },
	[SL_OP_READ_12] = {
		"READ(12)", 0xa8, 0, 12, SL_DIR_IN, SL_LEN_BLOCKS,
		SL_OPF_MEDIUM | SL_OPF_PROTECT | SL_OPF_FUA | SL_OPF_PR_READ,
		2, 4, 6, 4, F(0xa8, RW_BITS, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
			      0x1f, 0x04) },
	[SL_OP_WRITE_12] = {
		"WRITE(12)", 0xaa, 0, 12, SL_DIR_OUT, SL_LEN_BLOCKS,
		SL_OPF_MEDIUM | SL_OPF_PROTECT | SL_OPF_WRITES | SL_OPF_FUA,
		2, 4, 6, 4, F(0xaa, RW_BITS, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
			      0x1f, 0x04) },
	[SL_OP_WRITE_VERIFY_12] = {
		"WRITE AND VERIFY(12)", 0xae, 0, 12, SL_DIR_OUT, SL_LEN_BLOCKS,
		SL_OPF_MEDIUM | SL_OPF_PROTECT | SL_OPF_WRITES,
		2, 4, 6, 4, F(0xae, 0x16, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
			      0x1f, 0x04) },
	[SL_OP_VERIFY_12] = {
		"VERIFY(12)", 0xaf, 0, 12, SL_DIR_OUT, SL_LEN_VERIFY,
		SL_OPF_MEDIUM | SL_OPF_PROTECT | SL_OPF_PR_READ,
		2, 4, 6, 4, F(0xaf, 0x16, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
			      0x1f, 0x04) },
	[SL_OP_READ_DEFECT_12] = {
		"READ DEFECT DATA(12)", 0xb7, 0, 12, SL_DIR_IN, SL_LEN_BYTES, SL_OPF_PR_READ,
		0, 0, 6, 4, F(0xb7, 0x1f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0,
			      0x04) },
	[SL_OP_READ_32] = {
		"READ(32)", 0x7f, 0x09, 32, SL_DIR_IN, SL_LEN_BLOCKS,
		LONG_FLAGS | SL_OPF_FUA | SL_OPF_PR_READ, 12, 8, 28, 4, LONG_USAGE(0x09, RW_BITS) },
	[SL_OP_VERIFY_32] = {
		"VERIFY(32)", 0x7f, 0x0a, 32, SL_DIR_OUT, SL_LEN_VERIFY,
		LONG_FLAGS | SL_OPF_PR_READ, 12, 8, 28, 4, LONG_USAGE(0x0a, 0x16) },
	[SL_OP_WRITE_32] = {
		"WRITE(32)", 0x7f, 0x0b, 32, SL_DIR_OUT, SL_LEN_BLOCKS,
		LONG_FLAGS | SL_OPF_FUA | SL_OPF_WRITES, 12, 8, 28, 4, LONG_USAGE(0x0b, RW_BITS) },
	[SL_OP_WRITE_VERIFY_32] = {
		"WRITE AND VERIFY(32)", 0x7f, 0x0c, 32, SL_DIR_OUT, SL_LEN_BLOCKS,
		LONG_FLAGS | SL_OPF_WRITES, 12, 8, 28, 4, LONG_USAGE(0x0c, 0x16) },
	[SL_OP_WRITE_SAME_32] = {
		"WRITE SAME(32)", 0x7f, 0x0d, 32, SL_DIR_OUT, SL_LEN_ONE_BLOCK,
		LONG_FLAGS | SL_OPF_WRITES, 12, 8, 28, 4, LONG_USAGE(0x0d, 0x19) },
};

/* First operation of each opcode; further service actions follow it in sl_ops. */
static const u8 sl_first_op[256] = {
	[0x00] = SL_OP_TEST_UNIT_READY,
	[0x03] = SL_OP_REQUEST_SENSE,
	[0x04] = SL_OP_FORMAT_UNIT,
	[0x08] = SL_OP_READ_6,
	[0x0a] = SL_OP_WRITE_6,
	[0x12] = SL_OP_INQUIRY,
	[0x15] = SL_OP_MODE_SELECT_6,
	[0x16] = SL_OP_RESERVE_6,
	[0x17] = SL_OP_RELEASE_6,
	[0x1a] = SL_OP_MODE_SENSE_6,
	[0x1b] = SL_OP_START_STOP_UNIT,
	[0x1d] = SL_OP_SEND_DIAGNOSTIC,
	[0x1e] = SL_OP_PREVENT_ALLOW,
	[0x25] = SL_OP_READ_CAPACITY_10,
	[0x28] = SL_OP_READ_10,
	[0x2a] = SL_OP_WRITE_10,
	[0x2e] = SL_OP_WRITE_VERIFY_10,
	[0x2f] = SL_OP_VERIFY_10,
	[0x34] = SL_OP_PREFETCH_10,
	[0x35] = SL_OP_SYNC_CACHE_10,
	[0x37] = SL_OP_READ_DEFECT_10,
	[0x41] = SL_OP_WRITE_SAME_10,
	[0x42] = SL_OP_UNMAP,
	[0x43] = SL_OP_READ_TOC,
	[0x46] = SL_OP_GET_CONFIGURATION,
	[0x48] = SL_OP_SANITIZE_OVERWRITE,
	[0x4a] = SL_OP_EVENT_STATUS,
	[0x4d] = SL_OP_LOG_SENSE,
	[0x51] = SL_OP_DISC_INFORMATION,
	[0x55] = SL_OP_MODE_SELECT_10,
	[0x56] = SL_OP_RESERVE_10,
	[0x57] = SL_OP_RELEASE_10,
	[0x5a] = SL_OP_MODE_SENSE_10,
	[0x5e] = SL_OP_PR_READ_KEYS,
	[0x5f] = SL_OP_PR_REGISTER,
	[0x7f] = SL_OP_READ_32,
	[0x83] = SL_OP_EXTENDED_COPY,
	[0x84] = SL_OP_COPY_STATUS,
	[0x88] = SL_OP_READ_16,
	[0x89] = SL_OP_COMPARE_WRITE,
	[0x8a] = SL_OP_WRITE_16,
	[0x8b] = SL_OP_ORWRITE_16,
	[0x8e] = SL_OP_WRITE_VERIFY_16,
	[0x8f] = SL_OP_VERIFY_16,
	[0x90] = SL_OP_PREFETCH_16,
	[0x91] = SL_OP_SYNC_CACHE_16,
	[0x93] = SL_OP_WRITE_SAME_16,
	[0x9c] = SL_OP_WRITE_ATOMIC_16,
	[0x9e] = SL_OP_READ_CAPACITY_16,
	[0xa0] = SL_OP_REPORT_LUNS,
	[0xa3] = SL_OP_REPORT_IDENT,
	[0xa4] = SL_OP_SET_IDENT,
	[0xa8] = SL_OP_READ_12,
	[0xaa] = SL_OP_WRITE_12,
	[0xae] = SL_OP_WRITE_VERIFY_12,
	[0xaf] = SL_OP_VERIFY_12,
	[0xb7] = SL_OP_READ_DEFECT_12,
};

const struct sl_op *sl_op_get(enum sl_op_id id)
{
	return &sl_ops[id];
}

enum sl_op_id sl_op_find(const u8 *cdb, size_t cdb_len)
{
	unsigned int id, action;

	if (cdb_len < 6)
		return SL_OP_NONE;
	id = sl_first_op[cdb[0]];
	if (id == SL_OP_NONE || cdb_len < sl_ops[id].cdb_len)
		return SL_OP_NONE;
	if (!(sl_ops[id].flags & (SL_OPF_SERVICE_ACTION | SL_OPF_LONG)))
		return (enum sl_op_id)id;
	action = sl_ops[id].flags & SL_OPF_LONG ? sl_get_be16(cdb + 8) : cdb[1] & 0x1f;
	for (; id < SL_OP_COUNT && sl_ops[id].opcode == cdb[0]; id++)
		if (sl_ops[id].service_action == action)
			return (enum sl_op_id)id;
	return SL_OP_NONE;
}

/* SPC-4 4.3.2, 4.3.3: the group code in the first three bits tells the length. */
u8 sl_cdb_control_at(const u8 *cdb, size_t cdb_len)
{
	static const u8 at[8] = { 5, 9, 9, 0, 15, 11, 0, 0 };
	u8 i = cdb_len ? at[cdb[0] >> 5] : 0;

	if (cdb_len && cdb[0] == 0x7f)
		i = 1;			/* variable length */
	return i < cdb_len ? i : 0;
}

bool sl_cdb_naca(const u8 *cdb, size_t cdb_len)
{
	u8 at = sl_cdb_control_at(cdb, cdb_len);

	return at && (cdb[at] & SL_CONTROL_NACA);
}

/* Where a copy goes stands in its list. */
static bool changes_medium(const struct sl_cdb *c)
{
	return (c->op->flags & SL_OPF_WRITES) || c->id == SL_OP_EXTENDED_COPY ||
	       c->id == SL_OP_EXTENDED_COPY4 || c->id == SL_OP_WRITE_USING_TOKEN;
}

static bool ranges_overlap(const struct sl_cdb *a, const struct sl_cdb *b)
{
	/* Some take a length of 0 for all that follows. */
	u64 a_len = a->blocks ? a->blocks : ~0ull, b_len = b->blocks ? b->blocks : ~0ull;

	return a->lba <= b->lba ? b->lba - a->lba < a_len : a->lba - b->lba < b_len;
}

bool sl_cdb_conflict(const struct sl_cdb *a, const struct sl_cdb *b)
{
	bool a_ranges, b_ranges;

	if (!a->op || !b->op || (!changes_medium(a) && !changes_medium(b)))
		return false;
	a_ranges = a->op->flags & SL_OPF_MEDIUM;
	b_ranges = b->op->flags & SL_OPF_MEDIUM;
	if (a_ranges && b_ranges)
		return ranges_overlap(a, b);
	return (a_ranges || changes_medium(a)) && (b_ranges || changes_medium(b));
}

static u64 get_field(const u8 *cdb, unsigned int at, unsigned int len)
{
	u64 v = 0;

	while (len--)
		v = (v << 8) | cdb[at++];
	return v;
}

/* SBC-3 5.8, 5.32: the six-byte forms have a 21-bit address, and 0 stands for 256 blocks. */
static void parse_short_rw(const u8 *cdb, struct sl_cdb *out)
{
	out->lba = sl_get_be24(cdb + 1) & 0x1fffff;
	out->blocks = cdb[4] ? cdb[4] : 256;
}

static u64 verify_len(const struct sl_cdb *c, unsigned int block_shift)
{
	switch (c->bytchk) {
	case 1:
		return (u64)c->blocks << block_shift;
	case 3:
		return c->blocks ? 1ull << block_shift : 0;
	default:
		return 0;
	}
}

static u64 data_len(const struct sl_cdb *c, u64 field, unsigned int block_shift)
{
	switch (c->op->unit) {
	case SL_LEN_BYTES:
		return field;
	case SL_LEN_BLOCKS:
		return (u64)c->blocks << block_shift;
	case SL_LEN_TWICE_BLOCKS:
		return (u64)c->blocks << (block_shift + 1);
	case SL_LEN_ONE_BLOCK:
		return 1ull << block_shift;
	case SL_LEN_VERIFY:
		return verify_len(c, block_shift);
	case SL_LEN_FIXED_8:
		return 8;
	default:
		return 0;
	}
}

/* FMTDATA says that there is a parameter list, LONGLIST how long its header is (SBC-3 5.3). */
static u64 format_len(const u8 *cdb)
{
	if (!(cdb[1] & 0x10))
		return 0;
	return cdb[1] & 0x20 ? 8 : 4;
}

/* An opcode that is known with other service actions names a bad field (SPC-4 4.2.6.2). */
static enum sl_sense unknown_op(const u8 *cdb, size_t cdb_len, struct sl_cdb *out)
{
	const struct sl_op *op = cdb_len ? &sl_ops[sl_first_op[cdb[0]]] : &sl_ops[SL_OP_NONE];

	out->bad_byte = op->flags & SL_OPF_LONG ? 8 : 1;
	return (op->flags & (SL_OPF_SERVICE_ACTION | SL_OPF_LONG)) && cdb_len >= op->cdb_len ?
	       SL_INVALID_CDB_FIELD : SL_INVALID_OPCODE;
}

static bool is_write_verify(enum sl_op_id id)
{
	return id == SL_OP_WRITE_VERIFY_10 || id == SL_OP_WRITE_VERIFY_12 ||
	       id == SL_OP_WRITE_VERIFY_16 || id == SL_OP_WRITE_VERIFY_32;
}

enum sl_sense sl_cdb_parse(const u8 *cdb, size_t cdb_len, unsigned int block_shift,
			   struct sl_cdb *out)
{
	const struct sl_op *op;
	u64 field;

	memset(out, 0, sizeof(*out));
	out->id = sl_op_find(cdb, cdb_len);
	op = &sl_ops[out->id];
	out->op = op;
	if (out->id == SL_OP_NONE)
		return unknown_op(cdb, cdb_len, out);
	if (op->flags & SL_OPF_LONG && cdb[7] != LONG_REST) {
		out->bad_byte = 7;
		return SL_INVALID_CDB_FIELD;
	}
	out->options_at = op->flags & SL_OPF_LONG ? 10 : 1;
	out->options = cdb[out->options_at];
	field = get_field(cdb, op->len_at, op->len_len);
	if (out->id == SL_OP_READ_6 || out->id == SL_OP_WRITE_6) {
		parse_short_rw(cdb, out);
	} else {
		out->lba = get_field(cdb, op->lba_at, op->lba_len);
		if (op->flags & SL_OPF_MEDIUM)
			out->blocks = (u32)field;
	}
	out->ref_tag = op->flags & SL_OPF_LONG ? sl_get_be32(cdb + 20) : (u32)out->lba;
	if (op->flags & SL_OPF_PROTECT)
		out->protect = out->options >> 5;
	if (op->flags & SL_OPF_FUA) {
		out->dpo = out->options & 0x10;
		out->fua = out->options & 0x08;
	}
	/* WRITE SAME(16) and (32) with NDOB bring no data (SBC-4 5.52). */
	if (sl_cdb_ndob(out))
		return SL_OK;
	if (op->unit == SL_LEN_VERIFY || is_write_verify(out->id))
		out->bytchk = (out->options >> 1) & 3;
	out->data_len = op->unit == SL_LEN_FORMAT ? format_len(cdb) :
			data_len(out, field, block_shift);
	out->dir = out->data_len ? (enum sl_dir)op->dir : SL_DIR_NONE;
	return SL_OK;
}
