// SPDX-License-Identifier: GPL-2.0-only
#include "doctor/conf.hh"

#include <sstream>

namespace inst::doctor {
namespace {

/// Blanks at both ends off, and a comment; quotes are left as they are.
std::string bare(const std::string& line) {
  std::string text;
  bool quoted = false;
  for (const char c : line) {
    if (c == '"')
      quoted = !quoted;
    if (c == '#' && !quoted)
      break;
    text += c;
  }
  const std::size_t from = text.find_first_not_of(" \t\r");
  const std::size_t to = text.find_last_not_of(" \t\r");
  return from == std::string::npos ? "" : text.substr(from, to - from + 1);
}

std::pair<std::string, std::string> split(const std::string& text) {
  const std::size_t gap = text.find_first_of(" \t=");
  if (gap == std::string::npos)
    return {text, ""};
  std::string rest = text.substr(text.find_first_not_of(" \t=", gap) == std::string::npos
                                     ? text.size()
                                     : text.find_first_not_of(" \t=", gap));
  if (rest.size() >= 2 && rest.front() == '"' && rest.back() == '"')
    rest = rest.substr(1, rest.size() - 2);
  return {text.substr(0, gap), rest};
}

void collect(const Block& block, const std::string& keyword, std::vector<const Block*>& out) {
  for (const Block& b : block.blocks) {
    if (b.keyword == keyword)
      out.push_back(&b);
    collect(b, keyword, out);
  }
}

} // namespace

std::string Block::value(const std::string& key) const {
  for (const auto& [name, rest] : keys)
    if (name == key)
      return rest;
  return "";
}

std::vector<const Block*> Block::all(const std::string& wanted) const {
  std::vector<const Block*> out;
  collect(*this, wanted, out);
  return out;
}

Conf read_conf(const std::string& text) {
  Conf conf;
  // Indices, for a block may move when its neighbour is added.
  std::vector<Block> open(1);
  std::istringstream lines(text);
  int number = 0;
  for (std::string raw; std::getline(lines, raw);) {
    number++;
    std::string line = bare(raw);
    if (line.empty())
      continue;
    if (line == "}") {
      if (open.size() == 1) {
        conf.fault = "line " + std::to_string(number) + ": a } without its {";
        break;
      }
      Block done = std::move(open.back());
      open.pop_back();
      open.back().blocks.push_back(std::move(done));
      continue;
    }
    const bool opens = line.back() == '{';
    if (opens)
      line = bare(line.substr(0, line.size() - 1));
    auto [word, rest] = split(line);
    if (opens)
      open.push_back({word, rest, number, {}, {}});
    else
      open.back().keys.emplace_back(word, rest);
  }
  if (conf.fault.empty() && open.size() > 1)
    conf.fault = "line " + std::to_string(open.back().line) + ": " + open.back().keyword + ' ' +
                 open.back().name + " { is never closed";
  while (open.size() > 1) {
    Block done = std::move(open.back());
    open.pop_back();
    open.back().blocks.push_back(std::move(done));
  }
  conf.top = std::move(open.front());
  return conf;
}

} // namespace inst::doctor
