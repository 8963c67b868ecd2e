// SPDX-License-Identifier: GPL-2.0-only
#include "catch.hh"
#include "initiator.hh"
#include "kernel_twin.hh"
#include "login.hh"

#include <fmt/format.h>
#include <functional>

using namespace initiator;
using scstd::Ends;
using scstd::Login;
using scstd::Next;
using scstd::Reply;

namespace {

struct World {
  World() { target = &kernel.add(kTarget); }
  Reply send(unsigned flags, const std::string& data) { return send(login(flags, data)); }
  Reply send(Pdu pdu) { return dut.receive(pdu); }
  KernelTwin kernel;
  iscsi_scst_target* target;
  Login dut{kernel, Ends{42, "10.9.8.7", 3260, "10.9.8.1"}};
};

/// One request that has to be refused, and why.
struct Refusal {
  const char* what;
  Pdu request;
  unsigned status;
};

Pdu with(Pdu p, std::size_t at, std::uint8_t value) {
  p.bhs[at] = value;
  return p;
}

} // namespace

TEST_CASE("A login over both stages ends with a session handle and the kernel's connection") {
  World w;
  Reply r = w.send(kSecurityToOperational, names() + text({"AuthMethod=CHAP,None"}));
  CHECK(r.next == Next::Read);
  CHECK(opcode(r.pdu) == SL_ISCSI_LOGIN_RSP);
  CHECK(status(r.pdu) == 0);
  CHECK(flags(r.pdu) == kSecurityToOperational);
  CHECK(pairs(r.pdu) == "AuthMethod=None;TargetPortalGroupTag=1;");
  CHECK(tsih(r.pdu) == 0);
  CHECK(stat_sn(r.pdu) == 1);
  CHECK(exp_cmd_sn(r.pdu) == kCmdSn);
  CHECK(max_cmd_sn(r.pdu) == kCmdSn);
  CHECK(w.kernel.asked_by == std::string(kName) + "@10.9.8.7");

  r = w.send(kOperationalToFull,
             text({"HeaderDigest=CRC32C,None", "InitialR2T=No", "ImmediateData=Yes",
                   "MaxRecvDataSegmentLength=262144", "MaxBurstLength=16776192",
                   "FirstBurstLength=262144", "MaxOutstandingR2T=1", "MaxConnections=1"}));
  CHECK(r.next == Next::HandOver);
  CHECK(status(r.pdu) == 0);
  CHECK(flags(r.pdu) == kOperationalToFull);
  CHECK(tsih(r.pdu) == 1);
  CHECK(stat_sn(r.pdu) == 2);
  CHECK(pairs(r.pdu) == "HeaderDigest=None;InitialR2T=No;ImmediateData=Yes;MaxBurstLength=1048576;"
                        "FirstBurstLength=65536;MaxOutstandingR2T=1;MaxConnections=1;"
                        "MaxRecvDataSegmentLength=1048576;");
  CHECK(w.dut.handle() == 100);

  REQUIRE(w.kernel.added.size() == 1);
  const iscsi_scst_conn& c = w.kernel.added[0];
  CHECK(c.fd == 42);
  CHECK(c.tid == w.target->tid);
  CHECK(c.isid[0] == 0x40);
  CHECK(c.isid[5] == 0x07);
  CHECK(c.cid == 9);
  CHECK(c.exp_cmd_sn == kCmdSn);
  CHECK(c.stat_sn == 3);
  CHECK(c.params[ISCSI_SCST_P_INITIAL_R2T] == 0);
  CHECK(c.params[ISCSI_SCST_P_IMMEDIATE_DATA] == 1);
  CHECK(c.params[ISCSI_SCST_P_MAX_RECV_DSL] == 1048576);
  CHECK(c.params[ISCSI_SCST_P_MAX_XMIT_DSL] == 262144);
  CHECK(c.params[ISCSI_SCST_P_MAX_BURST] == 1048576);
  CHECK(c.params[ISCSI_SCST_P_FIRST_BURST] == 65536);
  CHECK(c.params[ISCSI_SCST_P_MAX_OUTSTANDING_R2T] == 1);
  CHECK(c.params[ISCSI_SCST_P_HEADER_DIGEST] == ISCSI_SCST_DIGEST_NONE);
  CHECK(std::string(c.initiator) == kName);
  CHECK(std::string(c.portal) == "10.9.8.7");
  CHECK(std::string(c.peer) == "10.9.8.1");
}

TEST_CASE("A login may begin in the operational stage") {
  World w;
  Reply r = w.send(kOperationalToFull, names());
  CHECK(r.next == Next::HandOver);
  CHECK(pairs(r.pdu) == "TargetPortalGroupTag=1;MaxRecvDataSegmentLength=1048576;");
}

TEST_CASE("A login that skips the operational stage has the defaults of the standard") {
  World w;
  Reply r = w.send(kSecurityToFull, names());
  CHECK(r.next == Next::HandOver);
  REQUIRE(w.kernel.added.size() == 1);
  const iscsi_scst_conn& c = w.kernel.added[0];
  CHECK(c.params[ISCSI_SCST_P_INITIAL_R2T] == 1);
  CHECK(c.params[ISCSI_SCST_P_MAX_RECV_DSL] == 8192);
  CHECK(c.params[ISCSI_SCST_P_MAX_XMIT_DSL] == 8192);
  CHECK(c.params[ISCSI_SCST_P_MAX_BURST] == 262144);
  CHECK(c.params[ISCSI_SCST_P_FIRST_BURST] == 65536);
  CHECK(c.params[ISCSI_SCST_P_MAX_OUTSTANDING_R2T] == 1);
}

TEST_CASE("Without the T bit a stage goes on") {
  World w;
  Reply r = w.send(kOperational, names());
  CHECK(flags(r.pdu) == kOperational);
  CHECK(pairs(r.pdu) == "TargetPortalGroupTag=1;MaxRecvDataSegmentLength=1048576;");
  r = w.send(kOperational, text({"ErrorRecoveryLevel=0"}));
  CHECK(pairs(r.pdu) == "ErrorRecoveryLevel=0;");
  r = w.send(kOperationalToFull, "");
  CHECK(r.next == Next::HandOver);
  CHECK(pairs(r.pdu) == "");
}

TEST_CASE("Names are matched in lower case") {
  World w;
  Reply r = w.send(kOperationalToFull, text({"InitiatorName=IQN.2020-05.Example.Lab:Host",
                                             "TargetName=iqn.2020-05.EXAMPLE.lab:Disk"}));
  CHECK(r.next == Next::HandOver);
  CHECK(std::string(w.kernel.added.at(0).initiator) == kName);
}

TEST_CASE("Digests are negotiated as the target wants them") {
  World w;
  w.target->params[ISCSI_SCST_P_HEADER_DIGEST] = ISCSI_SCST_DIGEST_CRC32C | ISCSI_SCST_DIGEST_NONE;
  w.target->params[ISCSI_SCST_P_DATA_DIGEST] = ISCSI_SCST_DIGEST_CRC32C;
  Reply r = w.send(kOperationalToFull,
                   names() + text({"HeaderDigest=CRC32C,None", "DataDigest=None,CRC32C"}));
  CHECK(pairs(r.pdu).find("HeaderDigest=CRC32C;DataDigest=CRC32C;") == 0);
  CHECK(r.next == Next::HandOver);
  CHECK(w.kernel.added.at(0).params[ISCSI_SCST_P_HEADER_DIGEST] == ISCSI_SCST_DIGEST_CRC32C);
}

TEST_CASE("A login without a digest that the target insists on is refused") {
  World w;
  w.target->params[ISCSI_SCST_P_DATA_DIGEST] = ISCSI_SCST_DIGEST_CRC32C;
  Reply r = w.send(kOperational, names() + text({"DataDigest=None"}));
  CHECK(pairs(r.pdu).find("DataDigest=Reject;") == 0);
  r = w.send(kOperationalToFull, "");
  CHECK(status(r.pdu) == 0x0200);
  CHECK(w.kernel.added.empty());
  // Nor by leaving the operational stage out.
  World x;
  x.target->params[ISCSI_SCST_P_DATA_DIGEST] = ISCSI_SCST_DIGEST_CRC32C;
  CHECK(status(x.send(kSecurityToFull, names()).pdu) == 0x0207);
}

TEST_CASE("What the target insists on is offered before full feature phase") {
  World w;
  w.target->params[ISCSI_SCST_P_DATA_DIGEST] = ISCSI_SCST_DIGEST_CRC32C;
  w.target->params[ISCSI_SCST_P_MAX_BURST] = 65536;
  Reply r = w.send(kOperationalToFull, names());
  CHECK(r.next == Next::Read);
  CHECK(flags(r.pdu) == kOperational);
  CHECK(pairs(r.pdu) == "TargetPortalGroupTag=1;MaxRecvDataSegmentLength=1048576;"
                        "DataDigest=CRC32C;MaxBurstLength=65536;");
  r = w.send(kOperationalToFull, text({"DataDigest=CRC32C", "MaxBurstLength=32768"}));
  CHECK(r.next == Next::HandOver);
  const iscsi_scst_conn& c = w.kernel.added.at(0);
  CHECK(c.params[ISCSI_SCST_P_DATA_DIGEST] == ISCSI_SCST_DIGEST_CRC32C);
  CHECK(c.params[ISCSI_SCST_P_MAX_BURST] == 32768);
  CHECK(c.params[ISCSI_SCST_P_FIRST_BURST] == 32768);
}

TEST_CASE("Text in several requests is put together") {
  World w;
  const std::string all = names() + text({"MaxBurstLength=65536"});
  Reply r = w.send(kOperational | kMore, all.substr(0, 10));
  CHECK(r.next == Next::Read);
  CHECK(status(r.pdu) == 0);
  CHECK(flags(r.pdu) == kOperational);
  CHECK(r.pdu.data.empty());
  r = w.send(kOperational | kMore, all.substr(10, 50));
  CHECK(r.pdu.data.empty());
  r = w.send(kOperationalToFull, all.substr(60));
  CHECK(r.next == Next::HandOver);
  CHECK(pairs(r.pdu).find("MaxBurstLength=65536;") == 0);
}

TEST_CASE("Endless text is refused") {
  World w;
  const std::string part(8192, 'x');
  Reply r;
  int sent = 0;
  do
    r = w.send(kOperational | kMore, part);
  while (r.next == Next::Read && ++sent < 100);
  CHECK(sent == 8);
  CHECK(status(r.pdu) == 0x0302);
}

TEST_CASE("Unknown keys are answered up to what an answer holds") {
  World w;
  std::string many;
  for (int i = 0; i < 600; i++)
    many += text({fmt::format("X{}=1", i)});
  Reply r = w.send(kOperationalToFull, names() + many);
  CHECK(status(r.pdu) == 0x0302);
  CHECK(r.pdu.data.empty());
}

TEST_CASE("A login is refused with the status of its reason") {
  const std::string i = std::string("InitiatorName=") + kName;
  const std::string t = std::string("TargetName=") + kTarget;
  const Refusal rows[] = {
      {"version", with(login(kOperationalToFull, names()), 3, 1), 0x0205},
      {"unknown session", with(login(kOperationalToFull, names()), 15, 1), 0x020a},
      {"discovery in a session", with(login(kOperationalToFull, discovery_names()), 15, 1), 0x020a},
      {"no names", login(kOperationalToFull, ""), 0x0207},
      {"no target", login(kOperationalToFull, text({i})), 0x0207},
      {"no initiator", login(kOperationalToFull, text({t})), 0x0207},
      {"bad initiator", login(kOperationalToFull, text({"InitiatorName=x y", t})), 0x0200},
      {"bad target", login(kOperationalToFull, text({i, "TargetName=/"})), 0x0203},
      {"unknown target", login(kOperationalToFull, text({i, std::string("TargetName=") + kName})),
       0x0203},
      {"session type", login(kOperationalToFull, text({i, t, "SessionType=Odd"})), 0x0209},
      {"only CHAP", login(kSecurityToOperational, names() + text({"AuthMethod=CHAP"})), 0x0201},
      {"T and C", login(kOperationalToFull | kMore, names()), 0x0200},
      {"reserved stage", login(0x08, names()), 0x0200},
      {"backwards", login(0x84, names()), 0x0200},
      {"same stage", login(0x85, names()), 0x0200},
      {"reserved next stage", login(0x86, names()), 0x0200},
      {"no NUL", login(kOperationalToFull, names() + "A=1"), 0x0200},
      {"no equals sign", login(kOperationalToFull, names() + text({"A"})), 0x0200},
      {"twice", login(kOperationalToFull, names() + text({"InitialR2T=No", "InitialR2T=No"})),
       0x0200},
      {"two names", login(kOperationalToFull, names() + text({t})), 0x0200},
      {"wrong stage", login(kSecurityToOperational, names() + text({"InitialR2T=No"})), 0x0200},
      {"bad number", login(kOperationalToFull, names() + text({"MaxRecvDataSegmentLength=1"})),
       0x0200},
      {"ours", login(kOperationalToFull, names() + text({"TargetPortalGroupTag=1"})), 0x0200},
  };
  for (const Refusal& row : rows) {
    INFO(row.what);
    World w;
    Reply r = w.send(row.request);
    CHECK(r.next == Next::Close);
    CHECK(opcode(r.pdu) == SL_ISCSI_LOGIN_RSP);
    CHECK(status(r.pdu) == row.status);
    CHECK((flags(r.pdu) & 0x80) == 0);
    CHECK(r.pdu.data.empty());
    CHECK(sl_bhs_itt(r.pdu.bhs.data()) == kItt);
    CHECK(w.kernel.added.empty());
  }
}

TEST_CASE("The kernel's answer decides the status") {
  struct Row {
    const char* what;
    std::function<void(World&)> set_up;
    unsigned status;
  };
  const Row rows[] = {
      {"disabled target", [](World& w) { w.target->enabled = 0; }, 0x0301},
      {"forbidden", [](World& w) { w.kernel.get_error = EACCES; }, 0x0202},
      {"undecided", [](World& w) { w.kernel.get_error = EAGAIN; }, 0x0301},
      {"broken", [](World& w) { w.kernel.get_error = EIO; }, 0x0300},
      {"gone meanwhile", [](World& w) { w.kernel.add_error = ENOENT; }, 0x0203},
      {"too many sessions", [](World& w) { w.kernel.add_error = EMFILE; }, 0x0302},
      {"no memory", [](World& w) { w.kernel.add_error = ENOMEM; }, 0x0302},
      {"session gone", [](World& w) { w.kernel.add_error = ESRCH; }, 0x020a},
      {"too many connections", [](World& w) { w.kernel.add_error = EUSERS; }, 0x0206},
      {"bad parameter", [](World& w) { w.kernel.add_error = EINVAL; }, 0x0300},
  };
  for (const Row& row : rows) {
    INFO(row.what);
    World w;
    row.set_up(w);
    Reply r = w.send(kOperationalToFull, names());
    CHECK(r.next == Next::Close);
    CHECK(status(r.pdu) == row.status);
  }
}

TEST_CASE("A further connection joins the session of its handle") {
  World w;
  w.target->params[ISCSI_SCST_P_MAX_CONNECTIONS] = 4;
  w.target->params[ISCSI_SCST_P_MAX_BURST] = 65536;
  Reply r = w.send(kOperational, names() + text({"MaxConnections=8", "MaxBurstLength=65536"}));
  CHECK(pairs(r.pdu).find("MaxConnections=4;") == 0);
  r = w.send(kOperationalToFull, "");
  REQUIRE(r.next == Next::HandOver);
  CHECK(w.kernel.added.at(0).params[ISCSI_SCST_P_MAX_CONNECTIONS] == 4);
  const auto tsih_byte = static_cast<std::uint8_t>(tsih(r.pdu));

  // MaxBurstLength, which the target insists on, was settled by the first one.
  Login second{w.kernel, Ends{43, "10.9.8.7", 3260, "10.9.8.1"}};
  Pdu join = with(
      with(login(kOperationalToFull, names() + text({"DataDigest=None"})), 15, tsih_byte), 21, 10);
  r = second.receive(join);
  CHECK(r.next == Next::HandOver);
  CHECK(tsih(r.pdu) == tsih_byte);
  CHECK(exp_cmd_sn(r.pdu) == 100);
  CHECK(max_cmd_sn(r.pdu) == 131);
  REQUIRE(w.kernel.added.size() == 2);
  CHECK(w.kernel.added[1].tsih == tsih_byte);
  CHECK(w.kernel.added[1].cid == 10);
}

TEST_CASE("What holds for a whole session is refused on a further connection") {
  for (const char* key : {"MaxConnections=2", "InitialR2T=Yes", "MaxBurstLength=65536",
                          "ErrorRecoveryLevel=0", "DefaultTime2Retain=0", "DataPDUInOrder=Yes"}) {
    INFO(key);
    World w;
    REQUIRE(w.send(kOperationalToFull, names()).next == Next::HandOver);
    Login second{w.kernel, Ends{43, "10.9.8.7", 3260, "10.9.8.1"}};
    Pdu join = with(login(kOperationalToFull, names() + text({key})), 15, 1);
    CHECK(status(second.receive(join).pdu) == 0x0200);
  }
}

TEST_CASE("A login that changes its identity half-way is refused") {
  for (std::size_t at : {8u, 15u, 19u, 21u}) {
    World w;
    REQUIRE(status(w.send(kOperational, names()).pdu) == 0);
    Reply r = w.send(with(login(kOperationalToFull, ""), at, 0x5a));
    CHECK(status(r.pdu) == 0x020b);
    CHECK(r.next == Next::Close);
  }
}

TEST_CASE("Names that come late are refused") {
  for (const char* late : {"SessionType=Discovery", "TargetName=iqn.2020-05.example.lab:disk"}) {
    World w;
    REQUIRE(status(w.send(kOperational, names()).pdu) == 0);
    CHECK(status(w.send(kOperationalToFull, text({late})).pdu) == 0x0200);
  }
}

TEST_CASE("Another request in the middle of a login is refused") {
  World w;
  REQUIRE(status(w.send(kOperational, names()).pdu) == 0);
  Reply r = w.send(request(SL_ISCSI_TEXT, 0x80));
  CHECK(status(r.pdu) == 0x020b);
  CHECK(r.next == Next::Close);
}

TEST_CASE("A connection that does not begin with a login gets no answer") {
  World w;
  Reply r = w.send(request(SL_ISCSI_SCSI_CMD, 0x80));
  CHECK(r.next == Next::Close);
  CHECK(opcode(r.pdu) != SL_ISCSI_LOGIN_RSP);
}

TEST_CASE("Going back to the security stage is refused") {
  World w;
  REQUIRE(status(w.send(kSecurityToOperational, names()).pdu) == 0);
  CHECK(status(w.send(kSecurityToOperational, "").pdu) == 0x0200);
}

TEST_CASE("A discovery login needs no target and never reaches the kernel") {
  World w;
  Reply r = w.send(kSecurityToOperational, discovery_names() + text({"AuthMethod=None"}));
  CHECK(pairs(r.pdu) == "AuthMethod=None;");
  r = w.send(kOperationalToFull, text({"HeaderDigest=CRC32C,None", "MaxRecvDataSegmentLength=65536",
                                       "MaxBurstLength=65536"}));
  CHECK(r.next == Next::Discover);
  CHECK(status(r.pdu) == 0);
  CHECK(tsih(r.pdu) != 0);
  CHECK(pairs(r.pdu) ==
        "HeaderDigest=None;MaxBurstLength=Irrelevant;MaxRecvDataSegmentLength=8192;");
  CHECK(w.kernel.added.empty());
  CHECK(w.dut.negotiation().value[SL_KEY_MAX_RECV_DSL] == 65536);
}
