// SPDX-License-Identifier: GPL-2.0-only
// Protection information: guard, tags, what each value of RDPROTECT and its like checks.
#include "catch.hh"
#include "port.h"
extern "C" {
#include "dif.h"
}

#include <array>
#include <cstring>
#include <vector>

namespace {

using Tuple = std::array<u8, SL_DIF_LEN>;

std::vector<u8> block() {
  std::vector<u8> data(512);
  for (std::size_t i = 0; i < data.size(); i++)
    data[i] = static_cast<u8>(i * 7);
  return data;
}

sl_dif all_of(u8 type) {
  sl_dif dif{};
  dif.type = type;
  dif.guard = dif.app = true;
  dif.ref = type != 3;
  dif.app_tag = 0x1234;
  return dif;
}

Tuple made(const sl_dif& dif, const std::vector<u8>& data, u32 ref) {
  Tuple pi{};
  sl_dif_make(&dif, data.data(), data.size(), ref, pi.data());
  return pi;
}

sl_sense check(const sl_dif& dif, const std::vector<u8>& data, u32 ref, const Tuple& pi) {
  return sl_dif_check(&dif, data.data(), data.size(), ref, pi.data());
}

} // namespace

TEST_CASE("The guard is the CRC that SBC-3 gives examples of") {
  // SBC-3 table 25
  std::vector<u8> data(32, 0);
  CHECK(sl_dif_crc(data.data(), data.size()) == 0x0000);
  data.assign(32, 0xff);
  CHECK(sl_dif_crc(data.data(), data.size()) == 0xa293);
  for (std::size_t i = 0; i < 32; i++)
    data[i] = static_cast<u8>(i);
  CHECK(sl_dif_crc(data.data(), data.size()) == 0x0224);
  data.assign(32, 0);
  data[0] = data[1] = 0xff;
  CHECK(sl_dif_crc(data.data(), data.size()) == 0x21b8);
  for (std::size_t i = 0; i < 32; i++)
    data[i] = static_cast<u8>(0xff - i);
  CHECK(sl_dif_crc(data.data(), data.size()) == 0xa0b7);
  // The check value of CRC-16/T10-DIF
  CHECK(sl_dif_crc(reinterpret_cast<const u8*>("123456789"), 9) == 0xd0db);
}

TEST_CASE("What is made passes its own check, and lies big-endian") {
  const auto data = block();
  for (u8 type : {1, 2, 3}) {
    const sl_dif dif = all_of(type);
    const u32 ref = sl_dif_ref(type, 0xfffffffe, 1);
    const Tuple pi = made(dif, data, ref);
    CHECK(check(dif, data, ref, pi) == SL_OK);
    CHECK(sl_get_be16(pi.data()) == sl_dif_crc(data.data(), data.size()));
    CHECK(sl_get_be16(pi.data() + 2) == 0x1234);
    CHECK(sl_get_be32(pi.data() + 4) == 0xffffffff);
  }
}

TEST_CASE("Reference tags count on and wrap, those of type 3 do not") {
  CHECK(sl_dif_ref(1, 0xffffffff, 2) == 1);
  CHECK(sl_dif_ref(2, 10, 3) == 13);
  CHECK(sl_dif_ref(3, 10, 3) == SL_DIF_NO_REF);
}

TEST_CASE("Each field that is wrong is told by its own sense, the guard first") {
  auto data = block();
  const sl_dif dif = all_of(1);
  const Tuple pi = made(dif, data, 7);
  CHECK(check(dif, data, 8, pi) == SL_REF_TAG_CHECK_FAILED);
  Tuple other = pi;
  other[3] ^= 1;
  CHECK(check(dif, data, 8, other) == SL_APP_TAG_CHECK_FAILED);
  data[100] ^= 1;
  CHECK(check(dif, data, 8, other) == SL_GUARD_CHECK_FAILED);
}

TEST_CASE("What is not to be checked is not") {
  auto data = block();
  sl_dif dif = all_of(1);
  Tuple pi = made(dif, data, 7);
  pi.fill(0);
  dif.guard = false;
  CHECK(check(dif, data, 7, pi) == SL_APP_TAG_CHECK_FAILED);
  dif.app = false;
  CHECK(check(dif, data, 7, pi) == SL_REF_TAG_CHECK_FAILED);
  dif.ref = false;
  CHECK(check(dif, data, 7, pi) == SL_OK);
}

TEST_CASE("An application tag of FFFFh disables all checks, of type 3 only with the other tag") {
  const auto data = block();
  Tuple pi{};
  pi[2] = pi[3] = 0xff;
  CHECK(check(all_of(1), data, 7, pi) == SL_OK);
  CHECK(check(all_of(2), data, 7, pi) == SL_OK);
  CHECK(check(all_of(3), data, 7, pi) == SL_GUARD_CHECK_FAILED);
  memset(pi.data() + 4, 0xff, 4);
  CHECK(check(all_of(3), data, 7, pi) == SL_OK);
}

TEST_CASE("RDPROTECT and its like choose the checks") {
  struct Row {
    sl_dif_from from;
    u8 protect;
    bool guard, app, ref;
  };
  const Row rows[] = {
      {SL_DIF_READ, 0, true, true, true},       {SL_DIF_READ, 1, true, true, true},
      {SL_DIF_READ, 2, false, true, true},      {SL_DIF_READ, 3, false, false, false},
      {SL_DIF_READ, 4, true, false, false},     {SL_DIF_READ, 5, true, true, true},
      {SL_DIF_WRITE, 0, false, false, false},   {SL_DIF_WRITE, 1, true, true, true},
      {SL_DIF_WRITE, 2, false, true, true},     {SL_DIF_WRITE, 3, false, false, false},
      {SL_DIF_WRITE, 4, true, false, false},    {SL_DIF_WRITE, 5, true, true, true},
      {SL_DIF_VERIFY, 0, true, true, true},     {SL_DIF_VERIFY, 2, false, true, true},
      {SL_DIF_VERIFY, 3, false, false, false},  {SL_DIF_VERIFY, 4, true, false, false},
      {SL_DIF_COMPARE, 0, true, true, true},    {SL_DIF_COMPARE, 1, false, false, false},
      {SL_DIF_COMPARE, 4, false, false, false},
  };
  for (const Row& r : rows)
    for (bool app : {false, true})
      for (u8 type : {1, 2, 3}) {
        INFO(int{r.from} << " " << int{r.protect} << " type " << int{type});
        sl_dif dif{};
        dif.type = type;
        CHECK(sl_dif_protect(r.from, r.protect, app, &dif));
        CHECK(dif.guard == r.guard);
        CHECK(dif.app == (r.app && app));
        CHECK(dif.ref == (r.ref && type != 3));
      }
  sl_dif dif{};
  dif.type = 1;
  CHECK_FALSE(sl_dif_protect(SL_DIF_READ, 6, true, &dif));
  CHECK_FALSE(sl_dif_protect(SL_DIF_WRITE, 7, true, &dif));
}

TEST_CASE("Types are told in page 86h and asked for by FORMAT UNIT") {
  CHECK(sl_dif_spt(0) == 0);
  CHECK(sl_dif_spt(1) == 0);
  CHECK(sl_dif_spt(2) == 2);
  CHECK(sl_dif_spt(3) == 4);
  CHECK(sl_dif_format_type(0, 0) == 0);
  CHECK(sl_dif_format_type(1, 0) == -1);
  CHECK(sl_dif_format_type(2, 0) == 1);
  CHECK(sl_dif_format_type(2, 1) == -1);
  CHECK(sl_dif_format_type(3, 0) == 2);
  CHECK(sl_dif_format_type(3, 1) == 3);
  CHECK(sl_dif_format_type(3, 2) == -1);
}
