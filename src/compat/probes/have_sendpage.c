// SPDX-License-Identifier: GPL-2.0-only
/* Sockets send pages by an operation of their own (until 6.5). */
#include <linux/net.h>

int probe(struct socket *sock, struct page *page);
int probe(struct socket *sock, struct page *page)
{
	return kernel_sendpage(sock, page, 0, 1, MSG_DONTWAIT);
}
