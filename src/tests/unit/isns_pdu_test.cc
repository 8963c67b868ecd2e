// SPDX-License-Identifier: GPL-2.0-only
// iSNS messages byte by byte as RFC 4171 has them, and what is none.
#include "catch.hh"
#include "isns_pdu.hh"
#include "isns_twin.hh"

#include <algorithm>
#include <sys/socket.h>

using namespace scstd::isns;
using isns_twin::listed;

namespace {

std::string bytes(std::initializer_list<unsigned> all) {
  std::string out;
  for (unsigned b : all)
    out += static_cast<char>(b);
  return out;
}

/// A header as 5.1 draws it.
std::string header(unsigned function, unsigned length, unsigned flags, unsigned transaction,
                   unsigned sequence, unsigned version = 1) {
  std::string out;
  for (unsigned field : {version, function, length, flags, transaction, sequence})
    out += bytes({field >> 8u & 0xffu, field & 0xffu});
  return out;
}

/// Feeds PDUs one by one; the result of the last.
Assembler::Result feed(Assembler& assembler, const std::string& pdus, Message& m) {
  auto result = Assembler::Result::More;
  for (std::size_t at = 0; at < pdus.size();) {
    const Header h = unpack_header(pdus.data() + at);
    if (!assembler.check(h))
      return Assembler::Result::Broken;
    result = assembler.add(h, pdus.substr(at + kHeaderLen, h.length), m);
    at += kHeaderLen + h.length;
  }
  return result;
}

} // namespace

TEST_CASE("An iSNS header has its fields where RFC 4171 5.1 has them") {
  const Message m{static_cast<std::uint16_t>(Function::DevAttrReg), kFromClient | kReplace, 0x1234,
                  "abcd"};
  CHECK(pack(m) == bytes({0, 1, 0, 1, 0, 4, 0x9c, 0, 0x12, 0x34, 0, 0}) + "abcd");
  const Header h = unpack_header(pack(m).data());
  CHECK(h.version == 1);
  CHECK(h.function == 1);
  CHECK(h.length == 4);
  CHECK(h.flags == (kFromClient | kReplace | kFirst | kLast));
  CHECK(h.transaction == 0x1234);
  CHECK(h.sequence == 0);
}

TEST_CASE("Texts end with a NUL and fill words") {
  CHECK(Payload().text(Tag::EntityId, "abc").take() ==
        bytes({0, 0, 0, 1, 0, 0, 0, 4, 'a', 'b', 'c', 0}));
  CHECK(Payload().text(Tag::EntityId, "abcd").take() ==
        bytes({0, 0, 0, 1, 0, 0, 0, 8, 'a', 'b', 'c', 'd', 0, 0, 0, 0}));
  CHECK(Payload().text(Tag::IscsiName, "").take() == bytes({0, 0, 0, 32, 0, 0, 0, 4, 0, 0, 0, 0}));
}

TEST_CASE("Numbers, addresses and the delimiter are as RFC 4171 6 has them") {
  CHECK(Payload().number(Tag::RegistrationPeriod, 900).take() ==
        bytes({0, 0, 0, 6, 0, 0, 0, 4, 0, 0, 3, 0x84}));
  CHECK(Payload().delimiter().take() == bytes({0, 0, 0, 0, 0, 0, 0, 0}));
  CHECK(Payload().status(Status::NoSuchEntry).take() == bytes({0, 0, 0, 9}));
  CHECK(Payload().address(Tag::PortalAddress, "192.0.2.1").take() ==
        bytes({0, 0, 0, 16, 0, 0, 0, 16, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 192, 0, 2, 1}));
  CHECK(Payload().address(Tag::PortalAddress, "2001:db8::1").take() ==
        bytes({0, 0, 0, 16, 0, 0, 0, 16, 0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1}));
}

TEST_CASE("What was built is read back") {
  Payload p;
  p.text(Tag::IscsiName, "iqn.2020-05.example.lab:a").delimiter().number(Tag::NodeType, 1);
  CHECK(listed(p.take()) == std::vector<std::string>{"32=iqn.2020-05.example.lab:a", "0", "33=1"});
}

TEST_CASE("Attributes that do not fit their payload are malformed") {
  for (const std::string& bad : {
           bytes({0, 0, 0, 1}),                               // no length
           bytes({0, 0, 0, 1, 0, 0, 0, 4}),                   // no value
           bytes({0, 0, 0, 1, 0, 0, 0, 3, 'a', 'b', 'c', 0}), // no whole words
           bytes({0, 0, 0, 1, 0xff, 0xff, 0xff, 0xfc, 'a', 'b', 'c', 0}),
           bytes({0, 0, 0, 1, 0, 0, 0, 4, 'a', 'b', 'c', 0, 0}), // something behind
       }) {
    Attributes all(bad);
    Attribute a;
    while (all.next(a)) {
    }
    CHECK(all.malformed());
    CHECK_FALSE(all.next(a));
  }
  Attributes none("");
  Attribute a;
  CHECK_FALSE(none.next(a));
  CHECK_FALSE(none.malformed());
}

TEST_CASE("A text without an end is what is there, and a number has four bytes") {
  const std::string text = bytes({0, 0, 0, 32, 0, 0, 0, 4, 'a', 'b', 'c', 'd'});
  Attributes all(text);
  Attribute a;
  REQUIRE(all.next(a));
  CHECK(a.text() == "abcd");
  CHECK(a.number() == 0x61626364u);
  a.value = a.value.substr(0, 3);
  CHECK_FALSE(a.number());
}

TEST_CASE("A status comes first") {
  std::string text = bytes({0, 0, 0, 21, 1, 2, 3, 4});
  std::string_view payload = text;
  CHECK(take_status(payload) == Status::EsiNotAvailable);
  CHECK(payload == bytes({1, 2, 3, 4}));
  std::string_view too_short = "abc";
  CHECK_FALSE(take_status(too_short));
}

TEST_CASE("A long message is cut into PDUs and put together again") {
  const std::size_t size =
      GENERATE(std::size_t{0}, kMaxPduPayload, kMaxPduPayload + 4, 3 * kMaxPduPayload);
  Message m{static_cast<std::uint16_t>(Function::DevAttrReg), kFromClient, 7,
            std::string(size, 'x')};
  std::generate(m.payload.begin(), m.payload.end(),
                [n = 0]() mutable { return static_cast<char>(n++ * 7); });
  const std::string pdus = pack(m);
  CHECK(pdus.size() ==
        size + kHeaderLen * std::max<std::size_t>(1, (size + kMaxPduPayload - 1) / kMaxPduPayload));
  Assembler assembler;
  Message back;
  REQUIRE(feed(assembler, pdus, back) == Assembler::Result::Done);
  CHECK(back.function == m.function);
  CHECK(back.flags == m.flags);
  CHECK(back.transaction == m.transaction);
  CHECK((back.payload == m.payload));
  // And it is ready for the next.
  CHECK(feed(assembler, pdus, back) == Assembler::Result::Done);
}

TEST_CASE("PDUs that are no part of a message are told apart") {
  const auto [pdus, why] = GENERATE(table<std::string, std::string>({
      {header(1, 0, kFirst | kLast, 1, 0, 2), "version 2"},
      {header(1, 2, kFirst | kLast, 1, 0) + "ab", "no whole words"},
      {header(1, 0, kFirst | kLast | kSigned, 1, 0), "signed"},
      {header(1, 0, kLast, 1, 0), "out of turn"},
      {header(1, 0, kFirst | kLast, 1, 1), "out of turn"},
      {header(1, 4, kFirst, 1, 0) + "abcd" + header(1, 4, kLast, 1, 2) + "abcd", "out of turn"},
      {header(1, 4, kFirst, 1, 0) + "abcd" + header(1, 4, kFirst, 1, 1) + "abcd", "out of turn"},
      {header(1, 4, kFirst, 1, 0) + "abcd" + header(2, 4, kLast, 1, 1) + "abcd", "another message"},
      {header(1, 4, kFirst, 1, 0) + "abcd" + header(1, 4, kLast, 2, 1) + "abcd", "another message"},
      {header(1, 0, kFirst, 1, 0), "without end"},
      {header(1, 8, kFirst, 1, 0) + "abcdefgh" + header(1, 8, kLast, 1, 1) + "abcdefgh",
       "more than 12 bytes"},
  }));
  Assembler assembler(12);
  Message m;
  CHECK(feed(assembler, pdus, m) == Assembler::Result::Broken);
  CHECK_THAT(assembler.error(), Catch::Matchers::Contains(why));
}

TEST_CASE("A stream gives messages as they come, byte by byte") {
  auto [ours, theirs] = isns_twin::socket_pair();
  Stream stream(ours.get());
  const Message sent{static_cast<std::uint16_t>(Function::Esi), kFromServer, 9, "12345678"};
  Message m;
  const std::string all = pack(sent) + pack(sent);
  for (std::size_t i = 0; i < all.size(); i++) {
    REQUIRE(send(theirs.get(), all.data() + i, 1, 0) == 1);
    CHECK(stream.receive(m) == ((i + 1) % (all.size() / 2) == 0));
  }
  CHECK(m.payload == "12345678");
  CHECK_FALSE(stream.broken());
}

TEST_CASE("A stream ends with its connection, and with nonsense") {
  auto [ours, theirs] = isns_twin::socket_pair();
  Stream stream(ours.get());
  Message m;
  SECTION("the other side closes") {
    theirs = scstd::UniqueFd();
  }
  SECTION("the other side speaks another protocol") {
    REQUIRE(send(theirs.get(), "GET / HTTP/1.1\r\n", 16, 0) == 16);
  }
  CHECK_FALSE(stream.receive(m));
  CHECK(stream.broken());
  CHECK_FALSE(stream.receive(m));
}

TEST_CASE("A stream keeps what does not fit the socket") {
  auto [ours, theirs] = isns_twin::socket_pair();
  Stream out(ours.get()), in(theirs.get());
  const Message sent{1, kFromClient, 1, std::string(kMaxMessage, 'y')};
  out.send(sent);
  out.flush();
  CHECK(out.wants_write());
  Message m;
  int rounds = 0;
  while (!in.receive(m) && rounds++ < 10000)
    out.flush();
  CHECK((m.payload == sent.payload));
  CHECK_FALSE(out.wants_write());
}
