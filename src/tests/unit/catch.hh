// SPDX-License-Identifier: GPL-2.0-only
// The one way to include Catch2: Debian 12 has version 2, later releases have version 3.
#pragma once

#if __has_include(<catch2/catch.hpp>)
#include <catch2/catch.hpp>
#else
#include <catch2/catch_all.hpp>
#endif

// A static analyzer would look at every path through what Catch2 makes of a check, which takes far
// longer than the test itself. It sees the condition, and that nothing goes on behind a REQUIRE
// that does not hold.
#ifdef __clang_analyzer__
#include <cstdlib>
#undef CHECK
#undef CHECK_FALSE
#undef REQUIRE
#undef REQUIRE_FALSE
#define CHECK(...) static_cast<void>(__VA_ARGS__)
#define CHECK_FALSE(...) static_cast<void>(__VA_ARGS__)
#define REQUIRE(...) (static_cast<bool>(__VA_ARGS__) ? void() : std::abort())
#define REQUIRE_FALSE(...) (static_cast<bool>(__VA_ARGS__) ? std::abort() : void())
#endif
