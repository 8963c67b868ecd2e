// SPDX-License-Identifier: GPL-2.0-only
// The one way to include Catch2: Debian 12 has version 2, later releases have version 3.
#pragma once

#if __has_include(<catch2/catch.hpp>)
#include <catch2/catch.hpp>
#else
#include <catch2/catch_all.hpp>
#endif
