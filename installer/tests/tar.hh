// SPDX-License-Identifier: GPL-2.0-only
// Writes tar archives byte by byte, for a library would refuse to write the hostile ones.
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <string>

namespace inst::test {

class Tar {
public:
  Tar& dir(const std::string& name, unsigned mode = 0755) { return add(name, '5', "", "", mode); }
  Tar& file(const std::string& name, const std::string& text, unsigned mode = 0644) {
    return add(name, '0', text, "", mode);
  }
  Tar& symlink(const std::string& name, const std::string& target) {
    return add(name, '2', "", target, 0777);
  }
  Tar& hardlink(const std::string& name, const std::string& target) {
    return add(name, '1', "", target, 0644);
  }
  Tar& device(const std::string& name) { return add(name, '3', "", "", 0666); }
  Tar& pipe(const std::string& name) { return add(name, '6', "", "", 0666); }

  [[nodiscard]] std::string text() const { return text_ + std::string(1024, '\0'); }

private:
  Tar& add(const std::string& name, char type, const std::string& content,
           const std::string& target, unsigned mode) {
    char header[512] = {};
    std::snprintf(header, 100, "%s", name.c_str());
    std::snprintf(header + 100, 8, "%07o", mode);
    std::snprintf(header + 108, 8, "%07o", 0U);
    std::snprintf(header + 116, 8, "%07o", 0U);
    std::snprintf(header + 124, 12, "%011o", static_cast<unsigned>(content.size()));
    std::snprintf(header + 136, 12, "%011o", 1254700800U); // October 2009
    header[156] = type;
    std::snprintf(header + 157, 100, "%s", target.c_str());
    std::copy_n("ustar\00000", 8, header + 257);
    std::memset(header + 148, ' ', 8);
    unsigned sum = 0;
    for (const char c : header)
      sum += static_cast<unsigned char>(c);
    std::snprintf(header + 148, 8, "%06o", sum);
    text_.append(header, sizeof(header)).append(content);
    text_.append((512 - content.size() % 512) % 512, '\0');
    return *this;
  }

  std::string text_;
};

} // namespace inst::test
