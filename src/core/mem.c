// SPDX-License-Identifier: GPL-2.0-only
/* Data buffers: pages in a bio_vec, shared ones where the data does not matter. */
#include <linux/gfp.h>
#include <linux/mm.h>
#include <linux/slab.h>

#include "scst_priv.h"

static struct page *scst_zeros;		/* read by everybody, written by nobody */
static struct page *scst_sink;		/* written by everybody, read by nobody */

int scst_mem_init(void)
{
	scst_zeros = alloc_pages(GFP_KERNEL | __GFP_COMP | __GFP_ZERO, SCST_SHARED_ORDER);
	scst_sink = alloc_pages(GFP_KERNEL | __GFP_COMP | __GFP_ZERO, SCST_SHARED_ORDER);
	if (scst_zeros && scst_sink)
		return 0;
	scst_mem_exit();
	return -ENOMEM;
}

void scst_mem_exit(void)
{
	if (scst_zeros)
		put_page(scst_zeros);
	if (scst_sink)
		put_page(scst_sink);
}

static struct bio_vec *scst_vecs(struct scst_cmd *cmd, u32 nr)
{
	if (nr <= SCST_INLINE_VECS)
		return cmd->inline_bvec;
	if (nr <= cmd->nr_room)
		return cmd->room;
	return kvmalloc_array(nr, sizeof(*cmd->bvec), GFP_KERNEL);
}

static void scst_free_vecs(struct scst_cmd *cmd)
{
	if (cmd->bvec != cmd->inline_bvec && cmd->bvec != cmd->room)
		kvfree(cmd->bvec);
	cmd->bvec = NULL;
}

static int scst_alloc_vecs(struct scst_cmd *cmd, u32 nr)
{
	cmd->bvec = scst_vecs(cmd, nr);
	cmd->max_bvec = nr;
	return cmd->bvec ? 0 : -ENOMEM;
}

/* Makes room for @nr in all. What there is already stays, also where this fails. */
static int scst_grow_vecs(struct scst_cmd *cmd, u32 nr)
{
	struct bio_vec *more = scst_vecs(cmd, nr);

	if (!more)
		return -ENOMEM;
	if (more != cmd->bvec) {
		memcpy(more, cmd->bvec, array_size(cmd->nr_bvec, sizeof(*more)));
		scst_free_vecs(cmd);
		cmd->bvec = more;
	}
	cmd->max_bvec = nr;
	return 0;
}

void scst_cmd_add_page(struct scst_cmd *cmd, struct page *page, u32 offset, u32 len)
{
	struct bio_vec *bv = &cmd->bvec[cmd->nr_bvec++];

	bv->bv_page = page;
	bv->bv_offset = offset;
	bv->bv_len = len;
	cmd->buf_len += len;
}
EXPORT_SYMBOL_GPL(scst_cmd_add_page);

int scst_cmd_begin_pages(struct scst_cmd *cmd, u32 nr)
{
	return scst_alloc_vecs(cmd, nr);
}
EXPORT_SYMBOL_GPL(scst_cmd_begin_pages);

void scst_cmd_drop_pages(struct scst_cmd *cmd)
{
	scst_free_buf(cmd);
}
EXPORT_SYMBOL_GPL(scst_cmd_drop_pages);

static int scst_alloc_shared(struct scst_cmd *cmd, u32 len)
{
	struct page *page = cmd->cdb.dir == SL_DIR_OUT ? scst_sink : scst_zeros;

	if (scst_alloc_vecs(cmd, DIV_ROUND_UP(len, SCST_SHARED_LEN)))
		return -ENOMEM;
	set_bit(SCST_CMD_SHARED_BUF, &cmd->flags);
	while (len) {
		u32 n = min_t(u32, len, SCST_SHARED_LEN);

		scst_cmd_add_page(cmd, page, 0, n);
		len -= n;
	}
	return 0;
}

/* Large pieces are better, but not worth any effort of the allocator. */
static struct page *scst_alloc_chunk(u32 len, u32 *got)
{
	int order = min(get_order(len), SCST_CHUNK_ORDER);
	struct page *page;

	for (; order > 0; order--) {
		page = alloc_pages(GFP_KERNEL | __GFP_COMP | __GFP_NORETRY | __GFP_NOWARN, order);
		if (page)
			break;
	}
	if (!order)
		page = alloc_page(GFP_KERNEL);
	*got = min_t(u32, len, PAGE_SIZE << order);
	return page;
}

int scst_alloc_buf(struct scst_cmd *cmd, u32 len)
{
	if (cmd->dev && cmd->dev->shared_buffers && cmd->cdb.op->unit == SL_LEN_BLOCKS)
		return scst_alloc_shared(cmd, len);
	if (scst_alloc_vecs(cmd, scst_vecs_of(SL_DIR_OUT, len)))
		return -ENOMEM;
	while (len) {
		struct page *page;
		u32 n;

		/* Only where memory is in pieces. */
		if (cmd->nr_bvec == cmd->max_bvec &&
		    scst_grow_vecs(cmd, cmd->nr_bvec + DIV_ROUND_UP(len, PAGE_SIZE)))
			goto out_free;
		page = scst_alloc_chunk(len, &n);
		if (!page)
			goto out_free;
		scst_cmd_add_page(cmd, page, 0, n);
		len -= n;
	}
	return 0;

out_free:
	scst_free_buf(cmd);
	return -ENOMEM;
}

void scst_free_buf(struct scst_cmd *cmd)
{
	u32 i;

	if (!cmd->bvec)
		return;
	if (!test_bit(SCST_CMD_SHARED_BUF, &cmd->flags))
		for (i = 0; i < cmd->nr_bvec; i++)
			put_page(cmd->bvec[i].bv_page);
	scst_free_vecs(cmd);
	cmd->nr_bvec = 0;
	cmd->buf_len = 0;
}
