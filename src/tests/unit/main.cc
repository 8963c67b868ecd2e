// SPDX-License-Identifier: GPL-2.0-only
// main() of the unit tests. Catch2 version 3 brings its own in a library.
#if __has_include(<catch2/catch.hpp>)
#define CATCH_CONFIG_MAIN
#endif
#include "catch.hh"
