// SPDX-License-Identifier: GPL-2.0-only
// main() of the unit tests, for both versions of Catch2.
#if __has_include(<catch2/catch.hpp>)
#define CATCH_CONFIG_MAIN
#endif
#include "catch.hh"

#ifndef CATCH_CONFIG_MAIN
int main(int argc, char** argv) {
  return Catch::Session().run(argc, argv);
}
#endif
