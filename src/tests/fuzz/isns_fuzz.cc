// SPDX-License-Identifier: GPL-2.0-only
// Whatever an iSNS server may send: PDUs of any kind put together, their attributes, and answers to
// the requests of a registrar that wants everything.
#include "fuzz.hh"
#include "isns_registrar.hh"
#include "log.hh"

using namespace scstd::isns;

namespace {

const bool quiet = (scstd::log_open(-1, false), true);
const char* const kTarget = "iqn.2020-05.example.lab:disk";

Wanted everything() {
  const Portal portal{{"192.0.2.1", 3260}, 700};
  return {"scst.fuzz", {portal}, {{kTarget, {{1}}}, {"iqn.2020-05.example.lab:tape", {{2}}}}, true};
}

/// What can be read of a payload lies within it, and is written back the same.
void read_all(std::string_view payload) {
  Attributes all(payload);
  Attribute a;
  std::size_t used = 0;
  while (all.next(a)) {
    must(a.value.empty() || (a.value.data() >= payload.data() &&
                             a.value.data() + a.value.size() <= payload.data() + payload.size()));
    must(a.text().size() <= a.value.size());
    if (const auto number = a.number())
      must(Payload().number(a.tag, *number).take() == payload.substr(used, 12));
    used += 8 + a.value.size();
  }
  must(all.malformed() || used == payload.size());
}

/// The message as the answer to whatever the registrar asks next: numbers are made to fit, for a
/// server knows them.
void answer(Registrar& registrar, Message m, TimePoint now) {
  const auto request = registrar.next();
  if (!request)
    return;
  must(request->payload.size() < 40000);
  if (m.function & kResponse) {
    m.function = request->function | kResponse;
    m.transaction = request->transaction;
  }
  if (!registrar.receive(m, now).empty())
    registrar.connected(); // the client would have connected anew
  must(registrar.period() >= std::chrono::seconds(15) &&
       registrar.period() <= std::chrono::seconds(900));
}

} // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  must(quiet);
  std::string_view in(reinterpret_cast<const char*>(data), size);
  const TimePoint now{};
  Access access;
  access.require(true);
  Registrar registrar(access, std::chrono::seconds(900));
  registrar.want(everything());
  Assembler assembler(1u << 16u);
  Message m;
  while (in.size() >= kHeaderLen) {
    const Header header = unpack_header(in.data());
    in.remove_prefix(kHeaderLen);
    const std::string_view payload = in.substr(0, header.length);
    if (!assembler.check(header) || payload.size() < header.length)
      break;
    in.remove_prefix(header.length);
    const auto result = assembler.add(header, payload, m);
    if (result == Assembler::Result::Broken)
      break;
    if (result == Assembler::Result::More)
      continue;
    must(m.payload.size() <= 1u << 16u);
    read_all(m.payload);
    answer(registrar, m, now);
    if (m.transaction % 7 == 0)
      registrar.refresh();
  }
  // Nobody gets in by what is no name.
  must(access.ask("", kTarget, now) != Access::Verdict::Yes);
  return 0;
}
