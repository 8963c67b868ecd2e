/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Older kernels, made to look like the newest one. Injected before every
 * module source; nothing else knows what a kernel has or lacks.
 */
#ifndef SCST_COMPAT_H
#define SCST_COMPAT_H

#include <linux/blkdev.h>
#include <linux/bvec.h>
#include <linux/kobject.h>
#include <linux/net.h>
#include <linux/pagemap.h>
#include <linux/socket.h>
#include <linux/swap.h>
#include <linux/uio.h>
#include <linux/workqueue.h>

#include "compat_have.h"

#ifdef HAVE_CRC32C_IN_CRC32_H
#include <linux/crc32.h>
#else
#include <linux/crc32c.h>
#endif

#ifdef HAVE_HEX_H
#include <linux/hex.h>
#endif

/* CRC-32C without final inversion, as crc32c() computes it. */
static inline u32 scst_crc32c(u32 crc, const void *p, size_t len)
{
	return crc32c(crc, p, len);
}

static inline bool scst_bdev_can_discard(struct block_device *bdev)
{
#ifdef HAVE_BDEV_MAX_DISCARD_SECTORS
	return bdev_max_discard_sectors(bdev);
#else
	return blk_queue_discard(bdev_get_queue(bdev));
#endif
}

#ifdef HAVE_CONST_KOBJ_TYPE
#define scst_kobj_type(type)	(type)
#else
#define scst_kobj_type(type)	((struct kobj_type *)(type))
#endif

#ifndef HAVE_ITER_DEST
#define ITER_SOURCE	WRITE
#define ITER_DEST	READ
#endif

/*
 * Gives pages to TCP without a copy: up to @len bytes at @offset of @bvec.
 * Returns what was taken (it may be less), or -errno.
 */
#ifdef HAVE_SENDPAGE
static inline int scst_send_pages(struct socket *sock, const struct bio_vec *bvec, u32 nr,
				  u32 offset, u32 len, int flags)
{
	for (; nr; nr--, bvec++) {
		u32 n;

		if (offset >= bvec->bv_len) {
			offset -= bvec->bv_len;
			continue;
		}
		n = min(len, bvec->bv_len - offset);
		if (n < len)
			flags |= MSG_MORE;
		return kernel_sendpage(sock, bvec->bv_page, bvec->bv_offset + offset, n, flags);
	}
	return -EINVAL;
}
#else
static inline int scst_send_pages(struct socket *sock, const struct bio_vec *bvec, u32 nr,
				  u32 offset, u32 len, int flags)
{
	struct msghdr msg = { .msg_flags = flags | MSG_SPLICE_PAGES };

	iov_iter_bvec(&msg.msg_iter, ITER_SOURCE, bvec, nr, offset + len);
	iov_iter_advance(&msg.msg_iter, offset);
	return sock_sendmsg(sock, &msg);
}
#endif

/*
 * The page at @index of the page cache with a reference, if its content is
 * there and reading it starts nothing; else NULL.
 */
#ifdef HAVE_FIND_GET_PAGE
static inline struct page *scst_cached_page(struct address_space *mapping, pgoff_t index)
{
	struct page *page = find_get_page(mapping, index);

	if (page && PageUptodate(page) && !PageReadahead(page) && !PageHighMem(page)) {
		mark_page_accessed(page);
		return page;
	}
	if (page)
		put_page(page);
	return NULL;
}
#else
static inline struct page *scst_cached_page(struct address_space *mapping, pgoff_t index)
{
	struct folio *folio = filemap_get_folio(mapping, index);

	if (IS_ERR(folio))
		return NULL;
	if (folio_test_uptodate(folio) && !folio_test_readahead(folio) &&
	    !folio_test_highmem(folio)) {
		folio_mark_accessed(folio);
		return folio_file_page(folio, index);
	}
	folio_put(folio);
	return NULL;
}
#endif

/* Before it took a const template, the SCSI midlayer wrote to it. */
#ifdef HAVE_CONST_HOST_TEMPLATE
#define scst_const_template	const
#else
#define scst_const_template
#endif

#ifdef HAVE_QC_STATUS
#define scst_qc_status		enum scsi_qc_status
#else
#define scst_qc_status		int
#endif

#ifndef HAVE_SCSI_DONE
#define scsi_done(sc)		((sc)->scsi_done(sc))
#endif

#ifndef HAVE_SCSI_CMD_PRIV
#define scsi_cmd_priv(sc)	((void *)((sc) + 1))
#endif

#ifndef HAVE_WQ_PERCPU
#define WQ_PERCPU		0
#endif

#ifndef HAVE_SYSTEM_DFL_WQ
#define system_dfl_wq		system_unbound_wq
#endif

/* Parameters of a kiocb's completion. */
#ifdef HAVE_KI_COMPLETE_ONE_RESULT
#define scst_ki_complete_args(iocb, ret)	struct kiocb *iocb, long ret
#else
#define scst_ki_complete_args(iocb, ret)	struct kiocb *iocb, long ret, long ret2
#endif

/* --- requests with a CDB (handlers/disk) --- */

#ifdef HAVE_SCSI_ALLOC_REQUEST
#define scst_alloc_scsi_rq_op(q, op, flags)	scsi_alloc_request(q, op, flags)
#else
#define scst_alloc_scsi_rq_op(q, op, flags)	blk_get_request(q, op, flags)
#endif

#ifdef HAVE_REQ_OP_SCSI_IN
#define scst_alloc_scsi_rq(q, out, flags) \
	scst_alloc_scsi_rq_op(q, (out) ? REQ_OP_SCSI_OUT : REQ_OP_SCSI_IN, flags)
#else
#define scst_alloc_scsi_rq(q, out, flags) \
	scst_alloc_scsi_rq_op(q, (out) ? REQ_OP_DRV_OUT : REQ_OP_DRV_IN, flags)
#endif

/* Has cmd_len, result, resid_len and sense_len; the rest is called differently. */
#ifdef HAVE_SCSI_CMND_RESID_LEN
#define scst_scsi_rq(rq)	((struct scsi_cmnd *)blk_mq_rq_to_pdu(rq))
#define scst_rq_cdb(rq)		(scst_scsi_rq(rq)->cmnd)
#define scst_rq_sense(rq)	(scst_scsi_rq(rq)->sense_buffer)
#define scst_rq_retries(rq)	(scst_scsi_rq(rq)->allowed)
#else
#define scst_scsi_rq(rq)	scsi_req(rq)
#define scst_rq_cdb(rq)		(scst_scsi_rq(rq)->cmd)
#define scst_rq_sense(rq)	(scst_scsi_rq(rq)->sense)
#define scst_rq_retries(rq)	(scst_scsi_rq(rq)->retries)
#endif

#ifdef HAVE_RQ_MAP_KERN_QUEUE
#define scst_rq_map_kern(rq, p, len)	blk_rq_map_kern((rq)->q, rq, p, len, GFP_KERNEL)
#else
#define scst_rq_map_kern(rq, p, len)	blk_rq_map_kern(rq, p, len, GFP_KERNEL)
#endif

/* Starts a request; @done(rq, status) is called at its end. */
#if defined(HAVE_EXECUTE_RQ_QUEUE)
#define scst_execute_rq(rq, done)	blk_execute_rq_nowait((rq)->q, NULL, rq, 0, done)
#elif defined(HAVE_EXECUTE_RQ_DISK)
#define scst_execute_rq(rq, done)	blk_execute_rq_nowait(NULL, rq, 0, done)
#elif defined(HAVE_EXECUTE_RQ_DONE)
#define scst_execute_rq(rq, done)	blk_execute_rq_nowait(rq, false, done)
#else
#define scst_execute_rq(rq, done) \
	((rq)->end_io = (done), blk_execute_rq_nowait(rq, false))
#endif

/* Of what is called then; the request is still the caller's. */
#if defined(HAVE_RQ_END_IO_BATCH)
#define scst_end_io_result		enum rq_end_io_ret
#define scst_end_io_args(rq, status) \
	struct request *rq, blk_status_t status, const struct io_comp_batch *batch
#define scst_end_io_none		RQ_END_IO_NONE
#elif defined(HAVE_RQ_END_IO_RET)
#define scst_end_io_result		enum rq_end_io_ret
#define scst_end_io_args(rq, status)	struct request *rq, blk_status_t status
#define scst_end_io_none		RQ_END_IO_NONE
#else
#define scst_end_io_result		void
#define scst_end_io_args(rq, status)	struct request *rq, blk_status_t status
#define scst_end_io_none
#endif

#endif
