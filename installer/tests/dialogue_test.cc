// SPDX-License-Identifier: GPL-2.0-only
// The dialogue, with a terminal that answers from a list; and what becomes of its answers.
#include "catch.hh"
#include "cli.hh"
#include "dialogue/dialogue.hh"
#include "exit_code.hh"
#include "machine.hh"
#include "plan/starter_config.hh"

#include <cstdio>
#include <fstream>
#include <unistd.h>

using namespace inst;
using test::holds;

namespace {

const dialogue::Ground ground{
    {{"/dev/disk/by-id/scsi-one", std::uint64_t{10} << 30}, {"/dev/sdc", std::uint64_t{512} << 20}},
    "iqn.2026-11.lab.example.box:disk0"};

struct Talk {
  std::vector<std::string> answers;
  std::string said{};
  std::size_t next = 0;

  Result<Options> run(const Options& options = {}, const dialogue::Ground& from = ground) {
    const Terminal terminal{[this](const std::string& t) { said += t; },
                            {},
                            {},
                            [this](const std::string& question) -> std::optional<std::string> {
                              said += question;
                              if (next == answers.size())
                                return std::nullopt;
                              return answers[next++];
                            }};
    return dialogue::ask(terminal, from, options);
  }
};

Parsed parse(const std::vector<std::string>& args) {
  std::vector<const char*> argv{"scst-install"};
  for (const std::string& arg : args)
    argv.push_back(arg.c_str());
  return parse_command_line(static_cast<int>(argv.size()), argv.data());
}

struct AnswersFile {
  std::string path = std::string(INST_TMP) + "/answers-" + std::to_string(::getpid());
  explicit AnswersFile(const std::string& text) { std::ofstream(path) << text; }
  ~AnswersFile() { std::remove(path.c_str()); }
  AnswersFile(const AnswersFile&) = delete;
  AnswersFile& operator=(const AnswersFile&) = delete;
};

} // namespace

TEST_CASE("Who answers nothing gets what is proposed, and lets nobody in") {
  Talk talk{{"", "", "", "", ""}};
  const auto o = talk.run();
  REQUIRE(o);
  CHECK(o->device.empty());
  CHECK(o->size == std::uint64_t{1} << 30);
  CHECK(o->target.empty());
  CHECK(o->allow.empty());
  CHECK_FALSE(o->chap);
  CHECK(holds(talk.said, "2  /dev/disk/by-id/scsi-one, 10.0 GiB\n"));
  CHECK(holds(talk.said, "3  /dev/sdc, 512 MiB\n"));
  CHECK(holds(talk.said, "[iqn.2026-11.lab.example.box:disk0]"));
}

TEST_CASE("A disk by its number is not asked for its size") {
  Talk talk{{"2", "", "iqn.1993-08.org.debian:01:*", " iqn.2026-11.a.b:c ", "", "y"}};
  const auto o = talk.run();
  REQUIRE(o);
  CHECK(o->device == "/dev/disk/by-id/scsi-one");
  CHECK(o->allow == std::vector<std::string>{"iqn.1993-08.org.debian:01:*", "iqn.2026-11.a.b:c"});
  CHECK(o->chap);
  CHECK_FALSE(holds(talk.said, "How big"));
}

TEST_CASE("An answer that will not do is asked for again, with the reason") {
  Talk talk{{"7", "sdb", "1", "big", "777", "10G", "not a name", "iqn.2026-11.a.b:c", "iqn.bad", "",
             "perhaps", "n"}};
  const auto o = talk.run();
  REQUIRE(o);
  CHECK(holds(talk.said, "'7' is none of them"));
  CHECK(holds(talk.said, "'sdb' is none of them, and no path"));
  CHECK(holds(talk.said, "'big' is no size"));
  CHECK(holds(talk.said, "'777' is no size"));
  CHECK(o->size == std::uint64_t{10} << 30);
  CHECK(holds(talk.said, "not a name: "));
  CHECK(o->target == "iqn.2026-11.a.b:c");
  CHECK(holds(talk.said, "iqn.bad: "));
  CHECK(o->allow.empty());
  CHECK(holds(talk.said, "answer y or n"));
}

TEST_CASE("What the command line says already is not asked") {
  Options given;
  given.device = "/dev/sdx";
  given.target = "iqn.2026-11.a.b:c";
  given.allow = {"*"};
  given.chap = true;
  Talk talk{{}};
  const auto o = talk.run(given);
  REQUIRE(o);
  CHECK(talk.said.empty());
}

TEST_CASE("Answers that end before the questions do change nothing, and nobody to ask is said so") {
  Talk talk{{"1"}};
  const auto o = talk.run();
  REQUIRE_FALSE(o);
  CHECK(o.error().exit == Exit::interrupted);
  const auto deaf = dialogue::ask({{}, {}, {}, {}}, ground, {});
  REQUIRE_FALSE(deaf);
  CHECK(deaf.error().exit == Exit::usage);
  CHECK(holds(deaf.error().hint, "--answers FILE"));
}

TEST_CASE("What is recorded is read back as the same options") {
  Talk talk{{"3", "iqn.2026-11.a.b:c", "iqn.1993-08.org.debian:01:*", "iqn.x\"y",
             "iqn.2026-11.d.e:f?", "", "y"}};
  const auto o = talk.run();
  REQUIRE(o);
  const std::string text = dialogue::answers_text(*o);
  INFO(text);
  const AnswersFile file(text);
  const Parsed read = parse({"plan", "--answers", file.path});
  REQUIRE(read.cli);
  CHECK(read.cli->options.device == o->device);
  CHECK(read.cli->options.target == o->target);
  CHECK(read.cli->options.allow == o->allow);
  CHECK(read.cli->options.chap);
  // The command line has the last word.
  const Parsed other = parse({"plan", "--answers", file.path, "--target", "iqn.2026-11.g.h:i"});
  REQUIRE(other.cli);
  CHECK(other.cli->options.target == "iqn.2026-11.g.h:i");
  CHECK(other.cli->options.device == o->device);
}

TEST_CASE("The size of a fresh file is recorded; what no option is, is refused") {
  Options o;
  o.size = std::uint64_t{3} << 30;
  const AnswersFile file(dialogue::answers_text(o));
  const Parsed read = parse({"--answers", file.path});
  REQUIRE(read.cli);
  CHECK(read.cli->options.size == o.size);
  const AnswersFile wrong("colour = \"green\"\n");
  CHECK(parse({"--answers", wrong.path}).exit == static_cast<int>(Exit::usage));
  CHECK(parse({"--answers", "/nowhere/answers"}).exit == static_cast<int>(Exit::usage));
  CHECK(parse({"--ask", "--json"}).exit == static_cast<int>(Exit::usage));
}

TEST_CASE("With CHAP the configuration has a user, and without it none") {
  CHECK(holds(starter_config_text({"iqn.2026-11.lab:d", "/x", {}, "Secret16Secret16"}),
              "\t\tIncomingUser \"initiator Secret16Secret16\"\n"));
  CHECK_FALSE(holds(starter_config_text({"iqn.2026-11.lab:d", "/x", {}}), "IncomingUser"));
}

TEST_CASE(
    "Where ports of Fibre Channel can serve, they are asked about, and names of theirs are taken") {
  dialogue::Ground with = ground;
  with.fc_ports = {"21:00:00:1b:32:ab:cd:ef"};
  Talk talk{{"", "", "", "y", "50:01:43:80:00:00:aa:01", "", ""}};
  const auto o = talk.run({}, with);
  REQUIRE(o);
  CHECK(o->fc);
  CHECK(o->allow == std::vector<std::string>{"50:01:43:80:00:00:aa:01"});
  CHECK(holds(talk.said, "Serve by Fibre Channel too (21:00:00:1b:32:ab:cd:ef)?"));
  const AnswersFile file(dialogue::answers_text(*o));
  const Parsed read = parse({"plan", "--answers", file.path});
  REQUIRE(read.cli);
  CHECK(read.cli->options.fc);
  Talk without{{"", "", "", "50:01:43:80:00:00:aa:01", "", ""}};
  const auto refused = without.run();
  REQUIRE(refused);
  CHECK(refused->allow.empty());
  CHECK(holds(without.said, "it must look like iqn."));
}
