// SPDX-License-Identifier: GPL-2.0-only
// Full feature phase: opcodes, tags, numbers, sequences, text, SNACK, digests (RFC 7143 4, 7, 11).
#include "verdict.hh"

#include <fmt/format.h>

namespace hostile {

namespace {

const Bytes kTestUnitReady = Bytes(6);
const Bytes kRead = {0x28, 0, 0, 0, 0, 8, 0, 0, 1};
const Bytes kWrite = {0x2a, 0, 0, 0, 0, 8, 0, 0, 8};
constexpr std::uint32_t kWritten = 8 * 512;
constexpr std::uint32_t kTag = 7;
constexpr std::uint8_t kReadFlags = 0xc1;
constexpr std::uint8_t kWriteFlags = 0xa1;
constexpr int kCheckCondition = 2;

Endings join(Endings a, const Endings& b) {
  a.insert(a.end(), b.begin(), b.end());
  return a;
}

/// A case in a session with these keys; what the function returns is its outcome.
void add(Cases& cases, const std::string& name, const std::vector<std::string>& keys,
         const std::function<Outcome(Session&)>& run, Endings allowed) {
  cases.push_back({name,
                   [=](const World& w) {
                     Session s(w, {keys, false, ""});
                     return run(s);
                   },
                   std::move(allowed)});
}

void opcodes(Cases& cases) {
  for (int opcode = 0; opcode < 0x40; opcode++) {
    switch (opcode) {
    case kNopOut:
    case kScsiCommand:
    case kTaskManagement:
    case kText:
    case kDataOut:
    case kLogout:
    case kSnack:
      continue;
    }
    for (const int immediate : {0, int{kImmediate}}) {
      const std::string name =
          fmt::format("opcode {:02x}{}", opcode, immediate ? ", immediate" : "");
      const auto pdu = [=](Session& s) {
        // Nobody knows whether it would have taken a CmdSN: the next one has the same.
        Pdu p(static_cast<std::uint8_t>(opcode | immediate), 0x80);
        return p.itt(kTag).word(20, kNoTag).word(24, s.cmd_sn).word(28, s.exp_stat_sn);
      };
      add(cases, "full feature phase: " + name, {}, [=](Session& s) { return s.provoke({pdu(s)}); },
          {rejected({0x04, 0x05, 0x09}), closed()});
      cases.push_back({"discovery: " + name,
                       [=](const World& w) {
                         Session s(w, {{}, true, ""});
                         return s.provoke({pdu(s)});
                       },
                       {rejected(), closed()}});
    }
  }
  // RFC 7143 4.3: a discovery session takes Text and Logout, and nothing of SCSI.
  for (const int opcode : {kScsiCommand, kTaskManagement, kDataOut, kSnack})
    cases.push_back({fmt::format("discovery: opcode {:02x}", opcode),
                     [=](const World& w) {
                       Session s(w, {{}, true, ""});
                       return s.provoke({s.command(static_cast<std::uint8_t>(opcode), 0x81, kTag)});
                     },
                     {rejected(), closed()}});
}

void numbers(Cases& cases) {
  const auto numbered = [&](const std::string& name, std::uint32_t off) {
    add(cases, "CmdSN " + name, {},
        [=](Session& s) {
          Pdu p = s.command(kScsiCommand | kImmediate, 0x81, kTag);
          p.head[0] = kScsiCommand;
          return s.provoke({p.word(24, s.cmd_sn + off)});
        },
        // RFC 7143 4.2.2.1: silently ignored.
        {ignored()});
  };
  numbered("before the window", 0xffffffff);
  numbered("far before the window", 0x80000001);
  numbered("beyond the window", 0x00010000);
  numbered("far beyond the window", 0x7fffffff);
  add(cases, "CmdSN used twice", {},
      [](Session& s) {
        const Pdu first = s.scsi(0x81, kTag, kTestUnitReady, 0);
        Pdu second = first;
        s.send(first);
        s.await(kScsiResponse);
        return s.provoke({second.itt(kTag + 1)});
      },
      {ignored()});
  add(
      cases, "ExpStatSN that has not been sent yet", {},
      [](Session& s) {
        Pdu p = s.scsi(0x81, kTag, kTestUnitReady, 0);
        return s.provoke({p.word(28, s.exp_stat_sn + 1000)});
      },
      join(format_error(), {answered(kScsiResponse)}));
}

void tags(Cases& cases) {
  add(
      cases, "a command with the reserved task tag", {},
      [](Session& s) { return s.provoke({s.scsi(0x81, kNoTag, kTestUnitReady, 0)}); },
      format_error());
  add(
      cases, "a task tag that is in use", {},
      [](Session& s) {
        s.send(s.scsi(kWriteFlags, kTag, kWrite, kWritten));
        s.await(kR2t);
        return s.provoke({s.scsi(0x81, kTag, kTestUnitReady, 0)});
      },
      join(format_error(), {rejected({0x07})}));
  for (const int opcode : {kTaskManagement | kImmediate, kText | kImmediate})
    add(
        cases, fmt::format("opcode {:02x} with the reserved task tag", opcode & 0x3f), {},
        [=](Session& s) {
          return s.provoke(
              {s.command(static_cast<std::uint8_t>(opcode), 0x81, kNoTag).word(20, kNoTag)});
        },
        join(format_error(), {rejected()}));
  add(
      cases, "NOP-Out that answers what was not asked", {},
      [](Session& s) {
        return s.provoke({s.command(kNopOut | kImmediate, 0x80, kNoTag).word(20, 0x12345678)});
      },
      join(format_error(), {ignored()}));
  add(
      cases, "NOP-Out without any tag", {},
      [](Session& s) {
        return s.provoke({s.command(kNopOut | kImmediate, 0x80, kNoTag).word(20, kNoTag)});
      },
      join(format_error(), {ignored()}));
}

void task_management(Cases& cases) {
  const auto manage = [&](const std::string& name, int function, std::uint64_t lun,
                          std::uint32_t of, std::initializer_list<int> responses) {
    add(
        cases, "task management: " + name, {},
        [=](Session& s) {
          Pdu p = s.command(kTaskManagement | kImmediate,
                            static_cast<std::uint8_t>(0x80 | function), kTag);
          return s.provoke({p.lun(lun).word(20, of)});
        },
        join(format_error(), {rejected(), answered(kTaskManagementResponse, 2, responses)}));
  };
  for (const int function : {0, 9, 10, 15, 31, 64, 127})
    manage(fmt::format("function {}", function), function, 0, kNoTag, {5, 255});
  // 1: there is no such task. 4: allegiance can't be moved at this recovery level; 2: no such LUN.
  manage("the end of a task that there is not", 1, 0, 0x4711, {1});
  manage("the end of itself", 1, 0, kTag, {1, 255});
  manage("reassignment at recovery level 0", 8, 0, 0x4711, {1, 4, 5, 255});
  manage("reset of a LUN that there is not", 5, std::uint64_t{0x00ff} << 48, kNoTag, {2});
  manage("reset of a LUN in a form that there is not", 5, ~std::uint64_t{0}, kNoTag, {2, 255});
}

void logout(Cases& cases) {
  for (const int reason : {3, 4, 31, 127})
    add(
        cases, fmt::format("logout for reason {}", reason), {},
        [=](Session& s) {
          return s.provoke(
              {s.command(kLogout | kImmediate, static_cast<std::uint8_t>(0x80 | reason), kTag)});
        },
        join(format_error(), {rejected(), answered(kLogoutResponse, 2, {1, 2, 3})}));
  const auto of = [&](const std::string& name, std::uint8_t flags, int response) {
    add(
        cases, name, {},
        [=](Session& s) {
          return s.provoke({s.command(kLogout | kImmediate, flags, kTag).put(20, 0x4711, 2)});
        },
        join(format_error(), {rejected(), answered(kLogoutResponse, 2, {response})}));
  };
  of("logout of a connection that there is not", 0x81, 1);
  // 2: connection recovery is not supported at level 0.
  of("logout for recovery, at level 0", 0x82, 2);
}

Pdu data_out(Session& s, std::uint32_t ttt, std::uint32_t data_sn, std::uint32_t offset,
             std::size_t length, bool final = true) {
  Pdu p(kDataOut, final ? 0x80 : 0x00);
  return p.itt(kTag)
      .word(20, ttt)
      .word(28, s.exp_stat_sn)
      .word(36, data_sn)
      .word(40, offset)
      .with(Bytes(length));
}

void data(Cases& cases) {
  // The connection, the command, or the PDU: whatever ends is told (RFC 7143 7.8, 11.4.7.2).
  const Endings wrong =
      join(format_error(), {rejected(), answered(kScsiResponse, 3, {kCheckCondition})});
  const std::vector<std::string> solicited = {"InitialR2T=Yes", "ImmediateData=No"};
  const auto burst = [&](const std::string& name,
                         const std::function<std::vector<Pdu>(Session&, std::uint32_t)>& make) {
    add(
        cases, "data: " + name, solicited,
        [=](Session& s) {
          s.send(s.scsi(kWriteFlags, kTag, kWrite, kWritten));
          const std::optional<Pdu> r2t = s.await(kR2t);
          return s.provoke(make(s, r2t ? r2t->get(20, 4) : 0));
        },
        join(wrong, {ignored()}));
  };
  burst("of another tag than was given", [](Session& s, std::uint32_t ttt) {
    return std::vector<Pdu>{data_out(s, ttt + 1, 0, 0, kWritten)};
  });
  burst("that begins in the middle", [](Session& s, std::uint32_t ttt) {
    return std::vector<Pdu>{data_out(s, ttt, 0, 512, kWritten - 512)};
  });
  burst("beyond the end", [](Session& s, std::uint32_t ttt) {
    return std::vector<Pdu>{data_out(s, ttt, 0, 0x7ffffe00, 512)};
  });
  burst("whose end wraps around", [](Session& s, std::uint32_t ttt) {
    return std::vector<Pdu>{data_out(s, ttt, 0, 0xfffffe00, 1024)};
  });
  burst("more than was asked for", [](Session& s, std::uint32_t ttt) {
    return std::vector<Pdu>{data_out(s, ttt, 0, 0, kWritten + 512)};
  });
  burst("less than was asked for", [](Session& s, std::uint32_t ttt) {
    return std::vector<Pdu>{data_out(s, ttt, 0, 0, 512)};
  });
  burst("nothing",
        [](Session& s, std::uint32_t ttt) { return std::vector<Pdu>{data_out(s, ttt, 0, 0, 0)}; });
  burst("whose numbers begin with 5", [](Session& s, std::uint32_t ttt) {
    return std::vector<Pdu>{data_out(s, ttt, 5, 0, kWritten)};
  });
  burst("a part twice", [](Session& s, std::uint32_t ttt) {
    return std::vector<Pdu>{data_out(s, ttt, 0, 0, 512, false), data_out(s, ttt, 0, 0, 512, false)};
  });
  burst("a part left out", [](Session& s, std::uint32_t ttt) {
    return std::vector<Pdu>{data_out(s, ttt, 0, 0, 512, false),
                            data_out(s, ttt, 1, 1024, kWritten - 1024)};
  });
  burst("without an end", [](Session& s, std::uint32_t ttt) {
    return std::vector<Pdu>{data_out(s, ttt, 0, 0, kWritten, false)};
  });
  burst("of another task", [](Session& s, std::uint32_t ttt) {
    return std::vector<Pdu>{data_out(s, ttt, 0, 0, kWritten).itt(kTag + 1)};
  });
  burst("unsolicited, after R2T",
        [](Session& s, std::uint32_t) { return std::vector<Pdu>{data_out(s, kNoTag, 0, 0, 512)}; });
  add(
      cases, "data: for no command", {},
      [](Session& s) { return s.provoke({data_out(s, kNoTag, 0, 0, 512)}); },
      join(wrong, {ignored()}));
  add(
      cases, "data: for a command that has ended", {},
      [](Session& s) {
        s.send(s.scsi(0x81, kTag, kTestUnitReady, 0));
        s.await(kScsiResponse);
        return s.provoke({data_out(s, 0, 0, 0, 512)});
      },
      join(wrong, {ignored()}));
  add(
      cases, "data: for a command that reads", {},
      [](Session& s) {
        return s.provoke({s.scsi(kReadFlags, kTag, kRead, 512), data_out(s, kNoTag, 0, 0, 512)});
      },
      join(wrong, {answered(kDataIn)}));
  add(
      cases, "immediate data where it is not agreed", solicited,
      [](Session& s) {
        return s.provoke({s.scsi(kWriteFlags, kTag, kWrite, kWritten).with(Bytes(512))});
      },
      wrong);
  add(
      cases, "unsolicited data where it is not agreed", solicited,
      [](Session& s) {
        return s.provoke({s.scsi(0x21, kTag, kWrite, kWritten), data_out(s, kNoTag, 0, 0, 512)});
      },
      wrong);
  const std::vector<std::string> generous = {"InitialR2T=No", "ImmediateData=Yes",
                                             "FirstBurstLength=1024"};
  add(
      cases, "immediate data beyond the first burst", generous,
      [](Session& s) {
        return s.provoke({s.scsi(kWriteFlags, kTag, kWrite, kWritten).with(Bytes(2048))});
      },
      wrong);
  add(
      cases, "unsolicited data beyond the first burst", generous,
      [](Session& s) {
        return s.provoke({s.scsi(0x21, kTag, kWrite, kWritten).with(Bytes(1024)),
                          data_out(s, kNoTag, 0, 1024, 1024)});
      },
      wrong);
  add(
      cases, "immediate data beyond what is expected", generous,
      [](Session& s) {
        return s.provoke({s.scsi(kWriteFlags, kTag, kWrite, 512).with(Bytes(1024))});
      },
      wrong);
  add(
      cases, "immediate data of a command that reads", generous,
      [](Session& s) { return s.provoke({s.scsi(kReadFlags, kTag, kRead, 512).with(Bytes(512))}); },
      wrong);
  add(
      cases, "a command that neither ends nor writes", {},
      [](Session& s) { return s.provoke({s.scsi(0x41, kTag, kRead, 512)}); }, format_error());
  add(
      cases, "a command that reads and writes, without a read length", {},
      [](Session& s) { return s.provoke({s.scsi(0xe1, kTag, kRead, 512)}); },
      join(wrong, {answered(kDataIn), answered(kScsiResponse)}));
  add(
      cases, "4 GiB expected of one block", {},
      [](Session& s) { return s.provoke({s.scsi(kReadFlags, kTag, kRead, 0xffffffff)}); },
      join(wrong, {answered(kDataIn)}));
  add(
      cases, "a write of 4 GiB", solicited,
      [](Session& s) {
        const Bytes huge = {0x8a, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 0xff, 0xff, 0, 0};
        return s.provoke({s.scsi(kWriteFlags, kTag, huge, 0xfffffe00)});
      },
      join(wrong, {answered(kR2t)}));
  for (const int attribute : {5, 6, 7})
    add(
        cases, fmt::format("task attribute {}", attribute), {},
        [=](Session& s) {
          return s.provoke(
              {s.scsi(static_cast<std::uint8_t>(0x80 | attribute), kTag, kTestUnitReady, 0)});
        },
        join(wrong, {answered(kScsiResponse)}));
  for (const int length : {0xff, 0x1f})
    add(
        cases, fmt::format("a CDB of the group of {:02x}", length), {},
        [=](Session& s) {
          return s.provoke({s.scsi(0x81, kTag, Bytes(16, static_cast<std::uint8_t>(length)), 0)});
        },
        wrong);
  for (const std::uint64_t lun : {std::uint64_t{0xffff} << 48, ~std::uint64_t{0},
                                  std::uint64_t{0xe1} << 56, std::uint64_t{0x4001} << 48})
    add(
        cases, fmt::format("LUN {:016x}", lun), {},
        [=](Session& s) { return s.provoke({s.scsi(0x81, kTag, kTestUnitReady, 0).lun(lun)}); },
        wrong);
}

void text(Cases& cases) {
  const Endings wrong = join(format_error(), {rejected(), answered(kTextResponse)});
  const auto ask = [&](const std::string& name, const std::string& raw, std::uint8_t flags,
                       Endings allowed) {
    add(
        cases, "text: " + name, {},
        [=](Session& s) {
          Pdu p = s.command(kText | kImmediate, flags, kTag);
          return s.provoke({p.word(20, kNoTag).with(raw)});
        },
        std::move(allowed));
  };
  const std::string nul(1, '\0');
  const Endings no = join(format_error(), {rejected()});
  ask("a pair without '='", "Maybe" + nul, 0x80, no);
  ask("a key of 64 bytes", std::string(64, 'K') + "=1" + nul, 0x80, no);
  ask("a pair without a key", "=1" + nul, 0x80, no);
  ask("final and continued at once", "SendTargets=" + nul, 0xc0, no);
  ask("a key that nobody knows", "X-org.example.colour=blue" + nul, 0x80,
      {says("X-org.example.colour=NotUnderstood")});
  // RFC 7143 13: these are of the login, and not negotiated again.
  for (const char* key : {"InitialR2T=Yes", "HeaderDigest=None", "MaxConnections=2",
                          "InitiatorName=iqn.2026-11.a", "AuthMethod=None", "SessionType=Normal"})
    ask(key, key + nul, 0x80, join(no, {answered(kTextResponse)}));
  for (const char* key : {"MaxRecvDataSegmentLength=0", "MaxRecvDataSegmentLength=511",
                          "MaxRecvDataSegmentLength=many"})
    ask(key, key + nul, 0x80, join(no, {says("MaxRecvDataSegmentLength=Reject")}));
  ask("SendTargets of a target that nobody is", "SendTargets=iqn.2026-11.org.example:nobody" + nul,
      0x80, join(no, {answered(kTextResponse)}));
  ask("8 KiB of NULs", std::string(8192, '\0'), 0x80, wrong);
  add(
      cases, "text: a target's tag that was not given", {},
      [](Session& s) {
        Pdu p = s.command(kText | kImmediate, 0x80, kTag);
        return s.provoke({p.word(20, 0x1234).with(text_of({"SendTargets="}))});
      },
      no);
  add(
      cases, "text: it goes on and on", {},
      [](Session& s) {
        Outcome all;
        for (int i = 0; i < 2000; i++) {
          Pdu p = s.command(kText | kImmediate, 0x40, kTag);
          Pdu answer;
          p.word(20, kNoTag).with(std::string(4000, 'a'));
          if (!s.send(p) ||
              s.connection.receive(answer, std::chrono::seconds(40)) != Connection::Event::kPdu) {
            all.closed = true;
            return all;
          }
          if (answer.opcode() == kReject) {
            all.pdus.push_back(answer);
            all.alive = true;
            return all;
          }
          s.exp_stat_sn++;
        }
        return all;
      },
      no);
}

void snack(Cases& cases) {
  const auto ask = [&](const std::string& name, int level, int type, std::uint32_t itt,
                       std::uint32_t ttt, std::uint32_t begin, std::uint32_t run,
                       const Endings& also = {}) {
    add(
        cases, fmt::format("SNACK at level {}: {}", level, name),
        {fmt::format("ErrorRecoveryLevel={}", level)},
        [=](Session& s) {
          Pdu p(kSnack, static_cast<std::uint8_t>(0x80 | type));
          p.itt(itt).word(20, ttt).word(28, s.exp_stat_sn).word(40, begin).word(44, run);
          return s.provoke({p});
        },
        join(join(format_error(), {rejected()}), also));
  };
  for (int type = 0; type < 4; type++)
    ask(fmt::format("type {}", type), 0, type, kTag, kNoTag, 0, 1);
  ask("data of a task that there is not", 1, 0, 0x4711, kNoTag, 0, 1);
  ask("all data of a task that there is not", 1, 0, 0x4711, kNoTag, 0, 0);
  ask("data from the end of the numbers", 1, 0, 0x4711, kNoTag, 0xffffffff, 0xffffffff);
  ask("status that has not been sent yet", 1, 1, kNoTag, kNoTag, 0x7fffffff, 1);
  ask("all status for ever", 1, 1, kNoTag, kNoTag, 0x7fffff00, 0xffffffff);
  // An acknowledgement has no answer; one that is late may name what has ended.
  ask("data that has come, of nobody", 1, 2, kNoTag, 0x4711, 3, 0, {ignored()});
  ask("data that has come, with a length", 1, 2, kNoTag, 0x4711, 3, 7, {ignored()});
  ask("data again of a task that there is not", 1, 3, 0x4711, 0x4712, 0, 0);
  for (const int type : {4, 7, 15})
    ask(fmt::format("type {}", type), 1, type, kTag, kNoTag, 0, 1);
}

void digests(Cases& cases) {
  const auto spoil = [&](const std::string& name, const std::vector<std::string>& keys,
                         std::size_t at, Endings allowed) {
    add(
        cases, "digest: " + name, keys,
        [=](Session& s) {
          Bytes raw = s.framed(s.scsi(kWriteFlags, kTag, kWrite, kWritten).with(Bytes(512)));
          raw.at(at) ^= 0x5a;
          s.connection.send(raw);
          return s.look();
        },
        std::move(allowed));
  };
  const std::vector<std::string> header = {"HeaderDigest=CRC32C", "ImmediateData=Yes"};
  const std::vector<std::string> payload = {"DataDigest=CRC32C", "ImmediateData=Yes"};
  std::vector<std::string> both = header;
  both.emplace_back("DataDigest=CRC32C");
  // RFC 7143 7.10: what a header says can't be believed, so level 0 ends the connection.
  for (const std::size_t at : {0, 5, 16, 47, 48, 51})
    spoil(fmt::format("byte {} of the header", at), header, at, {closed()});
  spoil("the header's, of both", both, 50, {closed()});
  for (const std::size_t at : {48, 300, 559, 560, 563})
    spoil(fmt::format("byte {} with data", at), payload, at, {closed(), rejected({0x02})});
  spoil("the data's, of both", both, 566, {closed(), rejected({0x02})});
  std::vector<std::string> first = payload;
  first.emplace_back("ErrorRecoveryLevel=1");
  // Level 1 asks for it again: the Reject, and the command goes on.
  spoil("data, at level 1", first, 300, {rejected({0x02})});
}

} // namespace

void add_full_cases(Cases& cases) {
  opcodes(cases);
  numbers(cases);
  tags(cases);
  task_management(cases);
  logout(cases);
  data(cases);
  text(cases);
  snack(cases);
  digests(cases);
}

} // namespace hostile
