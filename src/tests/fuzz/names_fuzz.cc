// SPDX-License-Identifier: GPL-2.0-only
// Two texts, divided by a NUL: a pattern and a name, matched as by a second matcher that is written
// down as plainly as can be; and an identifier of hexadecimal digits, which comes back as it was.
#include "fuzz.hh"
#include "port.h"
extern "C" {
#include "inquiry.h"
#include "name_match.h"
}

#include <cctype>
#include <string>
#include <vector>

namespace {

/// Row by row: can the first `j` characters of the name be what the pattern's first `i` say?
bool matches(const std::string& pattern, const std::string& name) {
  auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c; };
  std::vector<bool> row(name.size() + 1);
  row[0] = true;
  for (const char p : pattern) {
    std::vector<bool> next(name.size() + 1);
    next[0] = p == '*' && row[0];
    for (std::size_t j = 1; j <= name.size(); j++)
      next[j] = p == '*' ? next[j - 1] || row[j]
                         : row[j - 1] && (p == '?' || lower(p) == lower(name[j - 1]));
    row = next;
  }
  return row[name.size()];
}

void match(const std::string& pattern, const std::string& name) {
  const bool inverted = !pattern.empty() && pattern[0] == '!';
  const bool wanted = inverted != matches(inverted ? pattern.substr(1) : pattern, name);
  must(sl_name_match(pattern.c_str(), name.c_str()) == wanted);
}

void identifier(const std::string& text) {
  sl_id id{};
  if (sl_id_parse(text.c_str(), text.size(), &id))
    return;
  must(id.len <= SL_ID_MAX && text.size() == (id.len ? 2U + 2U * id.len : 0U));
  must(!sl_id_is_naa(&id) || id.len == 8 || id.len == 16);
  must(!sl_id_is_eui64(&id) || id.len >= 8);
  std::string again = id.len ? "0x" : "";
  for (int i = 0; i < id.len; i++) {
    again += "0123456789abcdef"[id.bytes[i] >> 4];
    again += "0123456789abcdef"[id.bytes[i] & 15];
  }
  for (std::size_t i = 0; i < text.size(); i++)
    must(std::tolower(static_cast<unsigned char>(text[i])) == again[i]);
}

} // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  // Patterns are as long as a line of a mgmt file at most; matching is quadratic.
  if (size > 1024)
    return 0;
  const std::string all(reinterpret_cast<const char*>(data), size);
  const std::size_t cut = all.find('\0');
  const std::string first = all.substr(0, cut);
  identifier(first);
  if (cut != std::string::npos)
    match(first, all.substr(cut + 1).c_str());
  return 0;
}
