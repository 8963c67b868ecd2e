// SPDX-License-Identifier: GPL-2.0-only
#include "catch.hh"
#include "discovery.hh"
#include "initiator.hh"
#include "kernel_twin.hh"
#include "login.hh"

using namespace initiator;
using scstd::Discovery;
using scstd::Ends;
using scstd::Login;
using scstd::Next;
using scstd::Reply;

namespace {

constexpr unsigned kFinal = 0x80;

struct World {
  explicit World(std::string portal = "10.9.8.7", const std::string& keys = {})
      : World(Ends{-1, std::move(portal), 3260, "10.9.8.1"}, keys) {}
  explicit World(const Ends& ends, const std::string& keys = {}) {
    Login in(kernel, ends);
    Pdu p = login(kOperationalToFull, discovery_names() + keys);
    REQUIRE(in.receive(p).next == Next::Discover);
    dut.emplace(kernel, ends, in);
  }
  Reply send(Pdu p) { return dut->receive(p); }
  Reply ask(const std::string& which) {
    return send(request(SL_ISCSI_TEXT, kFinal, text({"SendTargets=" + which})));
  }
  KernelTwin kernel;
  std::optional<Discovery> dut;
};

} // namespace

TEST_CASE("SendTargets=All lists the enabled targets with the address that was asked") {
  World w;
  w.kernel.add("iqn.2020-05.example.lab:a");
  w.kernel.add("iqn.2020-05.example.lab:b").enabled = 0;
  w.kernel.add("iqn.2020-05.example.lab:c").portal_group = 7;
  Reply r = w.ask("All");
  CHECK(opcode(r.pdu) == SL_ISCSI_TEXT_RSP);
  CHECK(flags(r.pdu) == kFinal);
  CHECK(sl_bhs_ttt(r.pdu.bhs.data()) == SL_ISCSI_NO_TAG);
  CHECK(pairs(r.pdu) == "TargetName=iqn.2020-05.example.lab:a;TargetAddress=10.9.8.7:3260,1;"
                        "TargetName=iqn.2020-05.example.lab:c;TargetAddress=10.9.8.7:3260,7;");
  CHECK(w.kernel.listed_for == std::string(kName) + "@10.9.8.7");
  CHECK(stat_sn(r.pdu) == 2);
  CHECK(exp_cmd_sn(r.pdu) == kCmdSn + 1);
}

TEST_CASE("IPv6 addresses are written in brackets") {
  World w("2001:db8::7");
  w.kernel.add("iqn.2020-05.example.lab:a");
  CHECK(pairs(w.ask("All").pdu) ==
        "TargetName=iqn.2020-05.example.lab:a;TargetAddress=[2001:db8::7]:3260,1;");
}

TEST_CASE("An announced address stands for the one that was asked") {
  World w(Ends{-1, "10.0.2.15", 3260, "10.0.2.2", "127.0.0.1", 3261});
  w.kernel.add("iqn.2020-05.example.lab:a");
  CHECK(pairs(w.ask("All").pdu) ==
        "TargetName=iqn.2020-05.example.lab:a;TargetAddress=127.0.0.1:3261,1;");
  CHECK(w.kernel.listed_for == std::string(kName) + "@10.0.2.15");
}

TEST_CASE("SendTargets with a name lists that target only") {
  World w;
  w.kernel.add("iqn.2020-05.example.lab:a");
  w.kernel.add("iqn.2020-05.example.lab:b");
  CHECK(pairs(w.ask("iqn.2020-05.example.lab:B").pdu) ==
        "TargetName=iqn.2020-05.example.lab:b;TargetAddress=10.9.8.7:3260,1;");
  CHECK(pairs(w.ask("iqn.2020-05.example.lab:none").pdu) == "");
}

TEST_CASE("SendTargets without a value or with no name is rejected") {
  World w;
  CHECK(pairs(w.ask("").pdu) == "SendTargets=Reject;");
  CHECK(pairs(w.ask("all").pdu) == "SendTargets=Reject;");
}

TEST_CASE("No targets give an empty answer") {
  World w;
  Reply r = w.ask("All");
  CHECK(flags(r.pdu) == kFinal);
  CHECK(r.pdu.data.empty());
}

TEST_CASE("A long list comes in segments that the initiator can take") {
  World w("10.9.8.7", text({"MaxRecvDataSegmentLength=512"}));
  std::string expected;
  for (int i = 100; i < 150; i++) {
    const std::string name = "iqn.2020-05.example.lab:disk" + std::to_string(i);
    w.kernel.add(name);
    expected += "TargetName=" + name + ";TargetAddress=10.9.8.7:3260,1;";
  }
  Reply r = w.ask("All");
  std::string got = pairs(r.pdu);
  int segments = 1;
  while (flags(r.pdu) == SL_ISCSI_CONTINUE) {
    REQUIRE(r.pdu.data.size() <= 512);
    CHECK(r.pdu.data.back() == '\0');
    REQUIRE(++segments < 50);
    r = w.send(request(SL_ISCSI_TEXT, kFinal, "", sl_bhs_ttt(r.pdu.bhs.data())));
    got += pairs(r.pdu);
  }
  CHECK(flags(r.pdu) == kFinal);
  CHECK(got == expected);
  CHECK(segments > 5);
}

TEST_CASE("A new question drops the rest of an old answer") {
  World w("10.9.8.7", text({"MaxRecvDataSegmentLength=512"}));
  for (int i = 100; i < 150; i++)
    w.kernel.add("iqn.2020-05.example.lab:disk" + std::to_string(i));
  REQUIRE(flags(w.ask("All").pdu) == SL_ISCSI_CONTINUE);
  CHECK(pairs(w.ask("iqn.2020-05.example.lab:disk100").pdu) ==
        "TargetName=iqn.2020-05.example.lab:disk100;TargetAddress=10.9.8.7:3260,1;");
}

TEST_CASE("A question may come in several segments") {
  World w;
  w.kernel.add("iqn.2020-05.example.lab:a");
  Reply r = w.send(request(SL_ISCSI_TEXT, SL_ISCSI_CONTINUE, "SendTar"));
  CHECK(flags(r.pdu) == 0);
  CHECK(r.pdu.data.empty());
  r = w.send(request(SL_ISCSI_TEXT, kFinal, text({"gets=All"}), sl_bhs_ttt(r.pdu.bhs.data())));
  CHECK(pairs(r.pdu) == "TargetName=iqn.2020-05.example.lab:a;TargetAddress=10.9.8.7:3260,1;");
}

TEST_CASE("Other keys get their answers in a discovery session") {
  World w;
  Reply r = w.send(request(SL_ISCSI_TEXT, kFinal, text({"X-what=1", "MaxBurstLength=512"})));
  CHECK(pairs(r.pdu) == "X-what=NotUnderstood;MaxBurstLength=Reject;");
}

TEST_CASE("Requests that break the text protocol are rejected") {
  World w("10.9.8.7", text({"MaxRecvDataSegmentLength=512"}));
  for (int i = 100; i < 150; i++)
    w.kernel.add("iqn.2020-05.example.lab:disk" + std::to_string(i));
  const std::string all = text({"SendTargets=All"});
  auto rejected = [&w](const Pdu& p, unsigned reason) {
    Reply r = w.send(p);
    CHECK(opcode(r.pdu) == SL_ISCSI_REJECT);
    CHECK(r.pdu.bhs[2] == reason);
    CHECK(r.pdu.data == std::string(p.bhs.begin(), p.bhs.end()));
    CHECK(sl_bhs_itt(r.pdu.bhs.data()) == SL_ISCSI_NO_TAG);
    CHECK(r.next == Next::Read);
  };
  rejected(request(SL_ISCSI_TEXT, kFinal | SL_ISCSI_CONTINUE, all), SL_REJECT_PROTOCOL);
  rejected(request(SL_ISCSI_TEXT, kFinal, all, 4711), SL_REJECT_PROTOCOL);
  rejected(request(SL_ISCSI_TEXT, kFinal, "SendTargets=All"), SL_REJECT_PROTOCOL);
  rejected(request(SL_ISCSI_TEXT, kFinal, all + all), SL_REJECT_PROTOCOL);
  // More questions while an answer is under way would make it grow without end.
  Reply r = w.ask("All");
  REQUIRE(flags(r.pdu) == SL_ISCSI_CONTINUE);
  rejected(request(SL_ISCSI_TEXT, kFinal, all, sl_bhs_ttt(r.pdu.bhs.data())), SL_REJECT_PROTOCOL);
  rejected(request(SL_ISCSI_NOP_OUT, kFinal), SL_REJECT_NOT_SUPPORTED);
  rejected(request(SL_ISCSI_SCSI_CMD, kFinal), SL_REJECT_NOT_SUPPORTED);
}

TEST_CASE("An endless question is rejected") {
  World w;
  const std::string part(8192, 'x');
  std::uint32_t ttt = SL_ISCSI_NO_TAG;
  int sent = 0;
  Reply r;
  do {
    r = w.send(request(SL_ISCSI_TEXT, SL_ISCSI_CONTINUE, part, ttt));
    ttt = sl_bhs_ttt(r.pdu.bhs.data());
  } while (opcode(r.pdu) == SL_ISCSI_TEXT_RSP && ++sent < 100);
  CHECK(sent == 8);
  CHECK(r.pdu.bhs[2] == SL_REJECT_OUT_OF_RESOURCES);
}

TEST_CASE("Logout ends a discovery session") {
  World w;
  Reply r = w.send(request(SL_ISCSI_LOGOUT, kFinal));
  CHECK(opcode(r.pdu) == SL_ISCSI_LOGOUT_RSP);
  CHECK(flags(r.pdu) == kFinal);
  CHECK(r.pdu.bhs[2] == 0);
  CHECK(r.next == Next::Close);
}

TEST_CASE("Logout for recovery is not supported and leaves the session open") {
  World w;
  Reply r = w.send(request(SL_ISCSI_LOGOUT, kFinal | 2));
  CHECK(r.pdu.bhs[2] == 2);
  CHECK(r.next == Next::Read);
}

TEST_CASE("A list that the kernel cannot give is a rejected request") {
  World w;
  w.kernel.list_error = EIO;
  CHECK(opcode(w.ask("All").pdu) == SL_ISCSI_REJECT);
}
