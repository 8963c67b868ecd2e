// SPDX-License-Identifier: GPL-2.0-only
/*
 * State that survives a reboot. There are two files, NAME and NAME.1, and each
 * save goes to the older one: a power cut while writing leaves the other whole.
 */
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/mm.h>
#include <linux/namei.h>
#include <linux/slab.h>

#include "scst_priv.h"

#define HEAD_LEN	40
#define MAGIC_LEN	8
#define MAX_LEN		(16u << 20)

/*
 * Big-endian: magic (8 bytes), version (4), length of what follows the head (4),
 * number of the save (8), CRC-32C of what follows (4), reserved (8), CRC-32C of
 * the head up to here (4).
 */
#define AT_VERSION	8
#define AT_LEN		12
#define AT_NUMBER	16
#define AT_DATA_CRC	24
#define AT_HEAD_CRC	36

struct scst_state_file {
	char *path[2];
	char magic[MAGIC_LEN + 1];
	u64 number;		/* of the last save */
	unsigned int newest;	/* which of the two has it */
};

enum slot_state { SLOT_ABSENT, SLOT_VALID, SLOT_BROKEN, SLOT_FOREIGN };

struct slot {
	enum slot_state state;
	u64 number;
	void *data;
	size_t len;
};

bool scst_state_dir_exists(const char *dir)
{
	struct path path;

	if (kern_path(dir, LOOKUP_FOLLOW | LOOKUP_DIRECTORY, &path))
		return false;
	path_put(&path);
	return true;
}

struct scst_state_file *scst_state_file_create(const char *magic, const char *path, ...)
{
	struct scst_state_file *f = kzalloc(sizeof(*f), GFP_KERNEL);
	va_list args;

	if (!f)
		return NULL;
	strscpy(f->magic, magic, sizeof(f->magic));
	va_start(args, path);
	f->path[0] = kvasprintf(GFP_KERNEL, path, args);
	va_end(args);
	if (f->path[0])
		f->path[1] = kasprintf(GFP_KERNEL, "%s.1", f->path[0]);
	if (!f->path[1]) {
		scst_state_file_free(f);
		return NULL;
	}
	return f;
}

void scst_state_file_free(struct scst_state_file *f)
{
	if (!f)
		return;
	kfree(f->path[0]);
	kfree(f->path[1]);
	kfree(f);
}

const char *scst_state_file_path(const struct scst_state_file *f)
{
	return f->path[0];
}

/* The number of bytes read, fewer at the end of the file, or -errno. */
static ssize_t slot_read(struct file *file, void *buf, size_t len)
{
	loff_t pos = 0;
	size_t done = 0;

	while (done < len) {
		ssize_t n = kernel_read(file, buf + done, len - done, &pos);

		if (n < 0)
			return n;
		if (!n)
			break;
		done += n;
	}
	return done;
}

static enum slot_state slot_judge(const struct scst_state_file *f, const u8 *all, size_t len)
{
	if (len < MAGIC_LEN || memcmp(all, f->magic, MAGIC_LEN))
		return SLOT_FOREIGN;
	if (len < HEAD_LEN || scst_crc32c(0, all, AT_HEAD_CRC) != sl_get_be32(all + AT_HEAD_CRC) ||
	    sl_get_be32(all + AT_VERSION) != 1 || sl_get_be32(all + AT_LEN) != len - HEAD_LEN)
		return SLOT_BROKEN;
	if (scst_crc32c(0, all + HEAD_LEN, len - HEAD_LEN) != sl_get_be32(all + AT_DATA_CRC))
		return SLOT_BROKEN;
	return SLOT_VALID;
}

static int slot_load_file(const struct scst_state_file *f, struct file *file, struct slot *slot)
{
	loff_t size = i_size_read(file_inode(file));
	ssize_t got;
	u8 *all;

	if (!S_ISREG(file_inode(file)->i_mode) || size > MAX_LEN) {
		slot->state = SLOT_FOREIGN;
		return 0;
	}
	if (!size)		/* created, and the power went */
		return 0;
	all = kvmalloc(size, GFP_KERNEL);
	if (!all)
		return -ENOMEM;
	got = slot_read(file, all, size);
	if (got < 0) {
		kvfree(all);
		return got;
	}
	slot->state = slot_judge(f, all, got);
	if (slot->state != SLOT_VALID) {
		kvfree(all);
		return 0;
	}
	slot->number = sl_get_be64(all + AT_NUMBER);
	slot->len = got - HEAD_LEN;
	memmove(all, all + HEAD_LEN, slot->len);
	slot->data = all;
	return 0;
}

static int slot_load(const struct scst_state_file *f, unsigned int which, struct slot *slot)
{
	struct file *file = filp_open(f->path[which], O_RDONLY | O_NOFOLLOW | O_LARGEFILE, 0);
	int ret;

	memset(slot, 0, sizeof(*slot));
	if (IS_ERR(file))
		return PTR_ERR(file) == -ENOENT ? 0 : PTR_ERR(file);
	ret = slot_load_file(f, file, slot);
	filp_close(file, NULL);
	return ret;
}

static int state_choose(struct scst_state_file *f, struct slot *slots, void **data, size_t *len)
{
	unsigned int i;

	for (i = 0; i < 2; i++) {
		if (slots[i].state != SLOT_FOREIGN)
			continue;
		scst_err("%s is not a file of ours: move it away, it will not be overwritten",
			 f->path[i]);
		return -EINVAL;
	}
	if (slots[0].state != SLOT_VALID && slots[1].state != SLOT_VALID) {
		if (slots[0].state == SLOT_ABSENT && slots[1].state == SLOT_ABSENT)
			return 0;
		scst_err("%s is damaged and there is no good copy beside it: move it away to do without",
			 f->path[slots[0].state == SLOT_BROKEN ? 0 : 1]);
		return -EINVAL;
	}
	f->newest = slots[1].state == SLOT_VALID &&
		    (slots[0].state != SLOT_VALID || slots[1].number > slots[0].number);
	f->number = slots[f->newest].number;
	*data = slots[f->newest].data;
	*len = slots[f->newest].len;
	slots[f->newest].data = NULL;
	return 0;
}

int scst_state_load(struct scst_state_file *f, void **data, size_t *len)
{
	struct slot slots[2] = { };
	int ret;

	*data = NULL;
	*len = 0;
	f->newest = 1;		/* the first save goes to NAME */
	ret = slot_load(f, 0, &slots[0]);
	if (!ret)
		ret = slot_load(f, 1, &slots[1]);
	if (ret)
		scst_err("%s can't be read (%d)", f->path[0], ret);
	else
		ret = state_choose(f, slots, data, len);
	kvfree(slots[0].data);
	kvfree(slots[1].data);
	return ret;
}

static int slot_write(struct file *file, const void *buf, size_t len)
{
	loff_t pos = 0;

	while (pos < len) {
		ssize_t n = kernel_write(file, buf + pos, len - pos, &pos);

		if (n <= 0)
			return n ? n : -EIO;
	}
	return vfs_fsync(file, 0);
}

static void state_fill_head(const struct scst_state_file *f, u8 *all, size_t len)
{
	memcpy(all, f->magic, MAGIC_LEN);
	sl_put_be32(1, all + AT_VERSION);
	sl_put_be32(len, all + AT_LEN);
	sl_put_be64(f->number + 1, all + AT_NUMBER);
	sl_put_be32(scst_crc32c(0, all + HEAD_LEN, len), all + AT_DATA_CRC);
	sl_put_be32(scst_crc32c(0, all, AT_HEAD_CRC), all + AT_HEAD_CRC);
}

int scst_state_save(struct scst_state_file *f, const void *data, size_t len)
{
	unsigned int to = !f->newest;
	struct file *file;
	u8 *all;
	int ret;

	all = kvzalloc(HEAD_LEN + len, GFP_KERNEL);
	if (!all)
		return -ENOMEM;
	memcpy(all + HEAD_LEN, data, len);
	state_fill_head(f, all, len);
	file = filp_open(f->path[to], O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_LARGEFILE, 0600);
	if (IS_ERR(file)) {
		ret = PTR_ERR(file);
	} else {
		ret = slot_write(file, all, HEAD_LEN + len);
		filp_close(file, NULL);
	}
	kvfree(all);
	if (ret) {
		scst_err("%s can't be written (%d)%s", f->path[to], ret,
			 ret == -ENOENT ? ": its directory does not exist" : "");
		return ret;
	}
	f->newest = to;
	f->number++;
	return 0;
}
