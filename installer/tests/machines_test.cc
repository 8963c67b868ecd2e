// SPDX-License-Identifier: GPL-2.0-only
// Machines as data: tests/fixtures/machines/NAME.toml says what is on one and what is asked there,
// NAME.golden what scst-install answered when somebody last looked at it and found it good.
// To write the golden files anew: installer-machines '[write]', then look at the difference.
#include "catch.hh"
#include "commands.hh"
#include "machine.hh"
#include "plan/serialize.hh"
#include "sys/fake.hh"
#include "sys/real.hh"

#include <fmt/format.h>
#include <nlohmann/json.hpp>
#include <toml++/toml.h>

#include <fstream>
#include <functional>
#include <iostream>
#include <sstream>

using namespace inst;
using test::holds;

namespace {

const std::string folder = INST_TOP "/installer/tests/fixtures/machines/";

std::string read_file(const std::string& path) {
  std::ostringstream out;
  out << std::ifstream(path).rdbuf();
  return out.str();
}

/// A machine that says what its description says, and nothing else.
class Machine final : public sys::Fake {
public:
  std::map<std::string, std::string> says; ///< beginning of a command line → what it prints
  std::string architecture = "x86_64";

  std::string machine() override { return architecture; }
  Result<sys::Output> run(const sys::Command& command) override {
    static_cast<void>(Fake::run(command));
    for (const auto& [line, text] : says)
      if (runs.back().starts_with(line))
        return sys::Output{0, text, ""};
    return sys::Output{1, "", ""};
  }
};

std::vector<std::string> words_at(const toml::table& table, const char* key) {
  std::vector<std::string> out;
  if (const toml::array* array = table[key].as_array())
    for (const toml::node& node : *array)
      out.push_back(node.value_or<std::string>(""));
  return out;
}

using EachText = std::function<void(const std::string& name, const std::string& text)>;

void each_text(const toml::table& table, const char* key, const EachText& each) {
  if (const toml::table* texts = table[key].as_table())
    for (const auto& [name, value] : *texts)
      each(std::string(name.str()), value.value_or<std::string>(""));
}

/// Adds to the machine what the table says.
void describe(Machine& m, const toml::table& table) {
  m.release = table["uname"].value_or(m.release);
  m.host = table["host"].value_or(m.host);
  m.architecture = table["arch"].value_or(m.architecture);
  m.space = table["free_mib"].value_or(m.space >> 20) << 20;
  m.signature = table["signature"].value_or(m.signature);
  m.capable = table["capable"].value_or(m.capable);
  for (const std::string& name : words_at(table, "programs"))
    m.programs.insert(name);
  each_text(table, "files", [&](const auto& path, const auto& text) { m.file(path, text); });
  each_text(table, "links", [&](const auto& path, const auto& to) { m.link(path, to); });
  each_text(table, "says", [&](const auto& line, const auto& text) { m.says[line] = text; });
  for (const std::string& path : words_at(table, "dirs"))
    m.dir(path);
  for (const std::string& path : words_at(table, "disks")) {
    m.file(path);
    m.nodes[path] = {sys::FileType::block, "", 0660, 0x810, 1, std::uint64_t{8} << 30};
  }
  for (const std::string& path : words_at(table, "without")) {
    m.programs.erase(path);
    std::erase_if(m.nodes, [&](const auto& node) {
      return node.first == path || node.first.starts_with(path + '/');
    });
  }
  if (const toml::array* ports = table["taken_ports"].as_array())
    for (const toml::node& port : *ports)
      m.taken_ports.insert(port.value_or(0));
}

toml::table load(const std::string& name) {
  try {
    return toml::parse_file(folder + name + ".toml");
  } catch (const toml::parse_error& e) {
    std::ostringstream where;
    where << name << ".toml: " << e;
    throw std::runtime_error(where.str());
  }
}

/// The catalog of the tree and the init scripts, as they are installed.
void add_data(Machine& m) {
  sys::Real real;
  for (const char* dir : {"initscripts/openrc", "initscripts/lsb"})
    for (const std::string& name : real.list(INST_TOP "/" + std::string(dir)))
      m.file("/data/" + std::string(dir) + '/' + name, "");
  const std::string catalog = INST_TOP "/kernel-patches/catalog";
  for (const std::string& name : real.list(catalog))
    if (name.ends_with(".toml"))
      m.file("/data/catalog/" + name, read_file(fmt::format("{}/{}", catalog, name)));
}

Machine machine(const toml::table& table) {
  Machine m;
  m.variables["HOME"] = "/root";
  m.host = "box.example.lab";
  m.space = std::uint64_t{20} << 30;
  add_data(m);
  if (const auto like = table["like"].value<std::string>())
    describe(m, load(*like));
  describe(m, table);
  return m;
}

struct Answer {
  std::string command, text;
  nlohmann::json json;
  int code = 0;
};

/// What is asked, as options: the names are those of the command line.
Cli cli_of(const toml::table& ask, std::string& command) {
  Cli cli;
  cli.verb = ask["verb"].value_or<std::string>("plan");
  cli.data_dir = "/data";
  command = "scst-install " + cli.verb;
  Options& o = cli.options;
  const std::map<std::string, std::string*> texts{
      {"kernel", &o.kernel},   {"stack", &o.stack},         {"offline", &o.offline},
      {"payload", &o.payload}, {"target", &o.target},       {"device", &o.device},
      {"init", &o.init},       {"road", &o.road},           {"root", &o.root},
      {"debs", &o.debs},       {"toolchain", &o.toolchain}, {"kernel-config", &o.kernel_config}};
  const std::map<std::string, bool*> flags{
      {"no-start", &o.no_start}, {"nearest", &o.nearest}, {"tuning", &o.tuning},
      {"chap", &o.chap},         {"fc", &o.fc},           {"built-in", &o.built_in}};
  for (const auto& [key, value] : ask) {
    const std::string name(key.str());
    if (const auto text = texts.find(name); text != texts.end()) {
      *text->second = value.value_or<std::string>("");
      command += " --" + name + ' ' + *text->second;
    } else if (const auto flag = flags.find(name); flag != flags.end()) {
      *flag->second = true;
      command += " --" + name;
    } else if (name == "size") {
      o.size = static_cast<std::uint64_t>(value.value_or<std::int64_t>(0));
      command += " --size " + std::to_string(o.size);
    } else if (name == "allow") {
      o.allow = {value.value_or<std::string>("")};
      command += " --allow '" + o.allow.front() + '\'';
    } else if (name != "verb") {
      throw std::runtime_error("no such option: " + name);
    }
  }
  return cli;
}

Answer ask(const toml::table& description, const toml::table& question) {
  Answer answer;
  Cli cli = cli_of(question, answer.command);
  std::string errors;
  const auto run = [&](bool json) {
    Machine m = machine(description);
    std::string out;
    const Terminal terminal{[&](const std::string& t) { out += t; },
                            [&](const std::string& t) { errors += json ? "" : t; },
                            {}};
    cli.json = json;
    answer.code = run_command(m, terminal, cli);
    CHECK(m.changes.empty()); // whatever is asked, a plan changes nothing
    return out;
  };
  answer.text = run(false);
  answer.text += errors;
  answer.json = nlohmann::json::parse(run(true));
  return answer;
}

std::string golden_of(const Answer& a) {
  return "$ " + a.command + '\n' + a.text + "exit code " + std::to_string(a.code) + "\n\n";
}

const char* const machines[] = {"gentoo-2.6.29", "gentoo-dist", "debian-12", "debian-13",
                                "ubuntu-22.04",  "centos-4",    "rhel-6",    "rhel-9",
                                "fedora",        "sles-15",     "arch",      "alpine",
                                "proxmox",       "container"};

std::vector<Answer> answers(const std::string& name) {
  const toml::table description = load(name);
  std::vector<Answer> out;
  const toml::array* questions = description["ask"].as_array();
  REQUIRE(questions != nullptr);
  for (const toml::node& question : *questions)
    out.push_back(ask(description, *question.as_table()));
  return out;
}

/// name → answer of each refusal.
std::vector<std::pair<std::string, Answer>> refusals() {
  const toml::table all = load("refusals");
  std::vector<std::pair<std::string, Answer>> out;
  for (const toml::node& node : *all["case"].as_array()) {
    const toml::table& c = *node.as_table();
    const toml::table* question = c["ask"].as_table();
    out.emplace_back(c["name"].value_or<std::string>(""),
                     ask(c, question == nullptr ? toml::table{} : *question));
  }
  return out;
}

std::string machine_text(const std::string& name) {
  std::string text;
  for (const Answer& a : answers(name))
    text += golden_of(a);
  return text;
}

std::string refusal_text() {
  std::string text;
  for (const auto& [name, answer] : refusals())
    text += "# " + name + '\n' + golden_of(answer);
  return text;
}

/// The texts of all refuse() calls of a source file, each as the longest piece that is not filled
/// in.
std::vector<std::string> texts_of(const std::string& source) {
  std::vector<std::string> out;
  for (std::size_t at = source.find("refuse("); at != std::string::npos;
       at = source.find("refuse(", at + 1)) {
    const std::size_t end = source.find(");", at);
    const std::size_t open = source.find('"', at);
    if (open > end) // its text comes from elsewhere
      continue;
    std::string text;
    for (std::size_t from = open; from != std::string::npos && from < end;) {
      const std::size_t to = source.find('"', from + 1);
      text += source.substr(from + 1, to - from - 1);
      const std::size_t next = source.find_first_not_of(" \n", to + 1);
      from = source[next] == '"' ? next : std::string::npos;
    }
    std::string longest;
    for (std::size_t from = 0; from < text.size();) {
      const std::size_t to = std::min(text.find('{', from), text.size());
      if (to - from > longest.size())
        longest = text.substr(from, to - from);
      from = to == text.size() ? to : text.find('}', to) + 1;
    }
    out.push_back(longest);
  }
  return out;
}

} // namespace

TEST_CASE("Each machine gets the plan that was found good for it") {
  for (const char* name : machines) {
    CAPTURE(name);
    CHECK(machine_text(name) == read_file(folder + name + ".golden"));
  }
}

TEST_CASE("A plan as JSON says the same as its text") {
  for (const char* name : machines)
    for (const Answer& a : answers(name)) {
      CAPTURE(name, a.command);
      REQUIRE(a.json["schema"] == 1);
      if (!a.json.contains("plan"))
        continue;
      const Plan plan = plan_from_json(a.json["plan"]);
      std::size_t from = 0;
      for (const Step& step : plan.steps) { // in that order
        if (!a.json["refusals"].empty())
          break;
        from = a.text.find(". " + step.title, from);
        REQUIRE(from != std::string::npos);
      }
      for (const auto& refusal : a.json["refusals"])
        CHECK(holds(a.text, "refused: " + refusal.at("what").get<std::string>()));
    }
}

TEST_CASE("Each refusal has the text that was found good, with a way out") {
  CHECK(refusal_text() == read_file(folder + "refusals.golden"));
  for (const auto& [name, answer] : refusals()) {
    CAPTURE(name);
    CHECK(answer.code != 0);
    REQUIRE_FALSE(answer.json["refusals"].empty());
    for (const auto& refusal : answer.json["refusals"])
      CHECK(refusal.at("hint").get<std::string>().size() > 10);
  }
}

TEST_CASE("There is no refusal in the planner without its golden text") {
  std::string golden = read_file(folder + "refusals.golden");
  for (const char* name : machines)
    golden += read_file(folder + name + ".golden");
  std::size_t found = 0;
  for (const char* file : {"guest.cc", "native.cc", "plan.cc", "upstream.cc", "boot.cc",
                           "fibre_channel.cc", "in_tree.cc", "kernel_build.cc"})
    for (const std::string& text :
         texts_of(read_file(INST_TOP "/installer/plan/" + std::string(file)))) {
      INFO(file << ": " << text);
      CHECK(holds(golden, text));
      found++;
    }
  CHECK(found > 25); // the search itself works
  for (const char* text : {"no kernel '", "none of the kernels that are installed or offered",
                           "no kernel that our stack supports is installed"})
    CHECK(holds(golden, text));
}

TEST_CASE("The golden files are written anew", "[.][write]") {
  for (const char* name : machines)
    std::ofstream(folder + name + ".golden") << machine_text(name);
  std::ofstream(folder + "refusals.golden") << refusal_text();
}
