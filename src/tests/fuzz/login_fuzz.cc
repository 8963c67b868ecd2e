// SPDX-License-Identifier: GPL-2.0-only
// Any sequence of PDUs to the login and, after it, to the discovery session.
#include "discovery.hh"
#include "fuzz.hh"
#include "kernel_twin.hh"
#include "log.hh"
#include "login.hh"

#include <algorithm>
#include <optional>

using namespace scstd;

namespace {

/// The next PDU of the input: a header, and as much data as it says and there is.
bool next_pdu(const std::uint8_t*& at, std::size_t& left, Pdu& pdu) {
  if (left < SL_BHS_LEN)
    return false;
  std::copy_n(at, SL_BHS_LEN, pdu.bhs.begin());
  at += SL_BHS_LEN;
  left -= SL_BHS_LEN;
  const std::size_t len =
      std::min<std::size_t>({sl_bhs_data_len(pdu.bhs.data()), left, kMaxSegment});
  pdu.data.assign(reinterpret_cast<const char*>(at), len);
  at += len;
  left -= len;
  return true;
}

const bool quiet = (log_open(-1, false), true);

} // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  must(quiet);
  KernelTwin kernel;
  kernel.add("iqn.2020-05.example.lab:disk");
  const Ends ends{-1, "10.9.8.7", 3260, "10.9.8.1"};
  Login login(kernel, ends);
  std::optional<Discovery> discovery;
  Pdu pdu;
  while (next_pdu(data, size, pdu)) {
    Reply reply = discovery ? discovery->receive(pdu) : login.receive(pdu);
    must(reply.pdu.data.size() < 1u << 24u);
    if (reply.next == Next::Close || reply.next == Next::HandOver) {
      must(reply.next == Next::Close || kernel.added.size() == 1);
      break;
    }
    must(sl_bhs_data_len(reply.pdu.bhs.data()) == reply.pdu.data.size());
    if (reply.next == Next::Discover)
      discovery.emplace(kernel, ends, login);
  }
  return 0;
}
