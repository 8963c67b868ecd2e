// SPDX-License-Identifier: GPL-2.0-only
#include "catch.hh"
#include "plan/starter_config.hh"

#include <sstream>
#include <vector>

using namespace inst;

namespace {

struct Line {
  int depth;
  std::string text;
};

/// Statements with their depth; comments and blank lines are left out.
std::vector<Line> statements(const std::string& text) {
  std::vector<Line> out;
  std::istringstream stream(text);
  int depth = 0;
  for (std::string line; std::getline(stream, line);) {
    line.erase(0, line.find_first_not_of('\t'));
    if (line.empty() || line[0] == '#')
      continue;
    if (line == "}")
      depth--;
    out.push_back({depth, line});
    if (line.back() == '{')
      depth++;
  }
  return out;
}

bool has(const std::vector<Line>& lines, int depth, const std::string& text) {
  for (const Line& line : lines)
    if (line.depth == depth && line.text == text)
      return true;
  return false;
}

} // namespace

TEST_CASE("The starter configuration maps the LUN in a group only") {
  const auto lines = statements(starter_config_text({"iqn.2026-11.lab:d", "/x/y.img", {"iqn.*"}}));
  CHECK(has(lines, 0, "HANDLER vdisk_fileio {"));
  CHECK(has(lines, 2, "filename /x/y.img"));
  CHECK(has(lines, 1, "TARGET iqn.2026-11.lab:d {"));
  CHECK(has(lines, 3, "LUN 0 disk0"));
  CHECK_FALSE(has(lines, 2, "LUN 0 disk0"));
  CHECK(has(lines, 3, "INITIATOR iqn.*"));
}

TEST_CASE("The starter configuration enables the driver and the target") {
  const auto lines = statements(starter_config_text({"iqn.2026-11.lab:d", "/x", {}}));
  CHECK(has(lines, 1, "enabled 1"));
  CHECK(has(lines, 2, "enabled 1"));
}

TEST_CASE("Without initiators nobody is let in and a comment shows how") {
  const std::string text = starter_config_text({"iqn.2026-11.lab:d", "/x", {}});
  for (const Line& line : statements(text))
    CHECK(line.text.find("INITIATOR") == std::string::npos);
  CHECK(text.find("# INITIATOR") != std::string::npos);
}

TEST_CASE("Braces close and a keyword line never holds more than its brace") {
  const auto lines = statements(starter_config_text({"iqn.2026-11.lab:d", "/x", {"a*", "b*"}}));
  CHECK(lines.back().depth == 0);
  for (const Line& line : lines)
    if (const auto at = line.text.find_first_of("{}"); at != std::string::npos)
      CHECK(at == line.text.size() - 1);
}
