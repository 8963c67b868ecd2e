// SPDX-License-Identifier: GPL-2.0-only
/* The page cache is asked for pages, and pages for their state (until folios replaced that). */
#include <linux/pagemap.h>

int probe(struct address_space *mapping);
int probe(struct address_space *mapping)
{
	struct page *page = find_get_page(mapping, 0);

	return page && PageUptodate(page) && !PageReadahead(page) && !PageHighMem(page);
}
