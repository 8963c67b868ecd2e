// SPDX-License-Identifier: GPL-2.0-only
// iSCSI names (RFC 7143 4.2.7) and World Wide Names of Fibre Channel. Pure.
#include "names.hh"

#include <algorithm>
#include <string_view>
#include <vector>

namespace inst {
namespace {

constexpr std::size_t max_name = 223;
constexpr std::string_view name_chars = "abcdefghijklmnopqrstuvwxyz"
                                        "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-.:";
// What a name has to look like: d = digit, h = hex digit, everything else stands for itself.
constexpr std::string_view shapes[] = {"iqn.dddd-dd.", "eui.hhhhhhhhhhhhhhhh",
                                       "naa.hhhhhhhhhhhhhhhh"};

bool fits(char c, char shape) {
  constexpr std::string_view digits = "0123456789";
  constexpr std::string_view hex = "0123456789abcdefABCDEF";
  // The letters of "iqn." and so on never are d or h.
  if (shape == 'd')
    return digits.find(c) != std::string_view::npos;
  if (shape == 'h')
    return hex.find(c) != std::string_view::npos;
  return c == shape;
}

/// Does `text` agree with the shape as far as both go?
bool agrees(std::string_view text, std::string_view shape) {
  const std::size_t length = std::min(text.size(), shape.size());
  for (std::size_t i = 0; i < length; i++)
    if (!fits(text[i], shape[i]))
      return false;
  return true;
}

std::string common_fault(std::string_view name, std::string_view extra) {
  if (name.empty())
    return "it is empty";
  if (name.size() > max_name)
    return "it is longer than 223 bytes";
  for (const char c : name)
    if (name_chars.find(c) == std::string_view::npos && extra.find(c) == std::string_view::npos)
      return std::string("the character '") + c + "' is not allowed";
  return "";
}

constexpr const char* shape_fault = "it must look like iqn.YYYY-MM.reversed.domain:name, "
                                    "eui.16-hex-digits or naa.16-or-32-hex-digits";

std::string clean_label(std::string label) {
  std::transform(label.begin(), label.end(), label.begin(), [](char c) {
    const char low = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    return (low >= 'a' && low <= 'z') || (low >= '0' && low <= '9') ? low : '-';
  });
  return label;
}

} // namespace

std::string target_name(const std::string& host_name) {
  std::vector<std::string> labels;
  std::string_view rest = host_name;
  while (!rest.empty()) {
    const std::size_t dot = std::min(rest.find('.'), rest.size());
    if (dot > 0)
      labels.push_back(clean_label(std::string(rest.substr(0, dot))));
    rest.remove_prefix(std::min(dot + 1, rest.size()));
  }
  if (labels.empty())
    labels.emplace_back("localhost");
  if (labels.size() == 1)
    labels.emplace_back("localdomain");
  std::string name = "iqn.2026-11";
  for (auto label = labels.rbegin(); label != labels.rend(); ++label)
    name += '.' + *label;
  return name + ":disk0";
}

std::string name_fault(const std::string& name) {
  if (std::string fault = common_fault(name, ""); !fault.empty())
    return fault;
  for (const std::string_view shape : shapes)
    if (name.size() >= shape.size() && agrees(name, shape))
      return name.size() > shape.size() || shape.front() != 'i' ? "" : shape_fault;
  return shape_fault;
}

std::string pattern_fault(const std::string& pattern) {
  std::string_view name = pattern;
  if (name.starts_with('!'))
    name.remove_prefix(1);
  if (std::string fault = common_fault(name, "*?"); !fault.empty())
    return fault;
  const std::string_view fixed = name.substr(0, name.find_first_of("*?"));
  if (fixed.size() == name.size())
    return name_fault(std::string(name));
  for (const std::string_view shape : shapes)
    if (agrees(fixed, shape))
      return "";
  return shape_fault;
}

std::string wwn_of(const std::string& text) {
  constexpr std::size_t digits = 16;
  std::string_view rest = text;
  for (const std::string_view start : {"0x", "naa."})
    if (rest.starts_with(start)) {
      rest.remove_prefix(start.size());
      break;
    }
  // All pairs of digits have a colon between them, or none has.
  const bool colons = rest.find(':') != std::string_view::npos;
  std::string plain;
  for (std::size_t i = 0; i < rest.size(); i++)
    if (colons && i % 3 == 2) {
      if (rest[i] != ':')
        return "";
    } else if (fits(rest[i], 'h')) {
      plain += static_cast<char>(std::tolower(static_cast<unsigned char>(rest[i])));
    } else {
      return "";
    }
  if (plain.size() != digits || rest.ends_with(':'))
    return "";
  std::string out = plain.substr(0, 2);
  for (std::size_t i = 2; i < digits; i += 2)
    out += ':' + plain.substr(i, 2);
  return out;
}

bool is_fc_pattern(const std::string& pattern) {
  const std::string name = pattern.starts_with('!') ? pattern.substr(1) : pattern;
  if (!name.starts_with("naa.") && !wwn_of(name).empty())
    return true;
  return name.find(':') != std::string::npos &&
         name.find_first_not_of("0123456789abcdefABCDEF:*?") == std::string::npos;
}

} // namespace inst
