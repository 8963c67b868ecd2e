// SPDX-License-Identifier: GPL-2.0-only
#include "plan/boot_menu.hh"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <fmt/format.h>
#include <sstream>

namespace inst::boot {
namespace {

using Words = std::vector<std::string>;

std::vector<std::string> lines_of(const std::string& text) {
  std::istringstream in(text);
  std::vector<std::string> out;
  for (std::string line; std::getline(in, line);)
    out.push_back(line);
  return out;
}

Words words_of(const std::string& line) {
  std::istringstream in(line);
  Words out;
  for (std::string word; in >> word;)
    out.push_back(word);
  return out;
}

std::string text_of(const std::vector<std::string>& lines) {
  return lines.empty() ? "" : fmt::format("{}\n", fmt::join(lines, "\n"));
}

std::string lower(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return text;
}

/// The folder of a kernel's path as the menu writes it: "(hd0,0)/", "/boot/".
std::string folder_of(const std::string& path) {
  return path.substr(0, path.rfind('/') + 1);
}

/// -1 = no number.
int number(const std::string& text) {
  int value = -1;
  const auto end = std::from_chars(text.data(), text.data() + text.size(), value).ptr;
  return end == text.data() + text.size() ? value : -1;
}

std::string joined(const Words& words, std::size_t from) {
  std::string out;
  for (std::size_t i = from; i < words.size(); i++)
    out += ' ' + words[i];
  return out;
}

/// "default 0" and "default=0": the name becomes a word of its own.
Words setting_of(std::string line) {
  if (const std::size_t at = line.find('='); at != std::string::npos && at < line.find(' '))
    line[at] = ' ';
  return words_of(line);
}

/// One title of GRUB legacy with the lines below it.
struct Stanza {
  std::string title, root, kernel, initrd;
  std::string arguments; ///< each after a blank
};

std::vector<Stanza> stanzas_of(const std::vector<std::string>& lines) {
  std::vector<Stanza> out;
  for (const std::string& line : lines) {
    const Words w = words_of(line);
    if (w.size() < 2)
      continue;
    if (w[0] == "title")
      out.push_back({line, "", "", "", ""});
    if (out.empty())
      continue;
    Stanza& s = out.back();
    if (w[0] == "root" || w[0] == "rootnoverify")
      s.root = w[1];
    else if (w[0] == "initrd")
      s.initrd = w[1];
    else if (w[0] == "kernel" && s.kernel.empty()) {
      s.kernel = w[1];
      s.arguments = joined(w, 2);
    }
  }
  return out;
}

std::string stanza_text(const Stanza& like, const NewKernel& kernel, const std::string& more) {
  std::string text = fmt::format("title {}\n", title_of(kernel));
  if (!like.root.empty())
    text += "root " + like.root + '\n';
  text += "kernel " + folder_of(like.kernel) + kernel.image + like.arguments + '\n';
  if (!kernel.initramfs.empty())
    text += "initrd " + folder_of(like.kernel) + kernel.initramfs + '\n';
  return text + more;
}

/// The menu with that default, and a fallback to the old one where it names none.
std::string with_default(const std::vector<std::string>& lines, const std::string& value, int old) {
  std::string head;
  std::string body;
  bool found = false;
  bool fallback = false;
  for (const std::string& line : lines) {
    const Words w = setting_of(line);
    const bool is_default = w.size() == 2 && w[0] == "default";
    fallback = fallback || (!w.empty() && w[0] == "fallback");
    found = found || is_default;
    body += is_default ? fmt::format("default {}\n", value) : line + '\n';
  }
  if (!found)
    head += fmt::format("default {}\n", value);
  if (!fallback)
    head += fmt::format("fallback {}\n", old);
  return head + body;
}

} // namespace

std::string title_of(const NewKernel& kernel) {
  return fmt::format("Linux {} with SCST", kernel.release);
}

std::optional<Menu> grub_legacy(const std::string& menu, const std::string& saved,
                                const NewKernel& kernel, bool once) {
  const std::vector<std::string> lines = lines_of(menu);
  const std::vector<Stanza> stanzas = stanzas_of(lines);
  std::string value = "0";
  for (const std::string& line : lines)
    if (const Words w = setting_of(line); w.size() == 2 && w[0] == "default")
      value = w[1] == "saved" ? saved : w[1];
  int old = std::max(number(value), 0);
  const auto boots = [&](int i) {
    return i < static_cast<int>(stanzas.size()) &&
           !stanzas[static_cast<std::size_t>(i)].kernel.empty();
  };
  for (int i = 0; !boots(old) && i < static_cast<int>(stanzas.size()); i++)
    if (boots(i))
      old = i;
  if (!boots(old))
    return std::nullopt;
  const Stanza& like = stanzas[static_cast<std::size_t>(old)];
  Menu out{std::to_string(stanzas.size()), std::to_string(old), menu, menu};
  for (std::size_t i = 0; i < stanzas.size(); i++)
    if (words_of(stanzas[i].title) == words_of("title " + title_of(kernel))) {
      out.id = std::to_string(i); // it is there
      return out;
    }
  const std::string plain = '\n' + stanza_text(like, kernel, "");
  // GRUB saves the old default again before it boots the new kernel, so that is tried only once.
  out.trial = once ? with_default(lines, "saved", old) + '\n' +
                         stanza_text(like, kernel, fmt::format("savedefault {}\n", old))
                   : text_of(lines) + plain;
  out.chosen = with_default(lines, out.id, old) + plain;
  return out;
}

namespace {

struct Label {
  std::string name, kernel, initrd;
  std::string append;  ///< without initrd=
  bool chosen = false; ///< of a menu that is the default itself
};

bool is_menu_default(const Words& w) {
  return w.size() == 2 && lower(w[0]) == "menu" && lower(w[1]) == "default";
}

std::vector<Label> labels_of(const std::vector<std::string>& texts) {
  std::vector<Label> out;
  for (const std::string& text : texts)
    for (const std::string& line : lines_of(text)) {
      const Words w = words_of(line);
      if (w.size() < 2)
        continue;
      const std::string key = lower(w[0]);
      if (key == "label")
        out.push_back({w[1], "", "", "", false});
      if (out.empty())
        continue;
      Label& l = out.back();
      l.chosen = l.chosen || is_menu_default(w);
      if (key == "linux" || key == "kernel")
        l.kernel = w[1];
      else if (key == "initrd")
        l.initrd = w[1];
      else if (key == "append")
        for (std::size_t i = 1; i < w.size(); i++) {
          if (w[i].starts_with("initrd="))
            l.initrd = w[i].substr(7);
          else
            l.append += ' ' + w[i];
        }
    }
  return out;
}

} // namespace

namespace {

std::string entry_text(const Label& like, const NewKernel& kernel, const Menu& menu) {
  std::string text = fmt::format("\nLABEL {}\n\tMENU LABEL {}\n\tLINUX {}{}\n", menu.id,
                                 title_of(kernel), folder_of(like.kernel), kernel.image);
  if (!kernel.initramfs.empty())
    text += fmt::format("\tINITRD {}{}\n", folder_of(like.kernel), kernel.initramfs);
  if (!like.append.empty())
    text += "\tAPPEND" + like.append + '\n';
  return text;
}

/// The menu with that default: the label itself, or in a menu of its own the one marked in there.
std::string with_label(const std::string& menu, const std::string& id, bool in_menu) {
  std::string out;
  bool found = in_menu;
  for (const std::string& line : lines_of(menu)) {
    const Words w = words_of(line);
    const bool is_default = w.size() == 2 && lower(w[0]) == "default" && !in_menu;
    found = found || is_default;
    if (!in_menu || !is_menu_default(w))
      out += is_default ? w[0] + ' ' + id + '\n' : line + '\n';
  }
  return found ? out : fmt::format("DEFAULT {}\n{}", id, out);
}

} // namespace

std::optional<Menu> extlinux(const std::string& menu, const std::vector<std::string>& included,
                             const NewKernel& kernel) {
  std::vector<std::string> texts{menu};
  texts.insert(texts.end(), included.begin(), included.end());
  const std::vector<Label> labels = labels_of(texts);
  Menu out{"scst-" + kernel.release, "", menu, menu};
  for (const std::string& line : lines_of(menu))
    if (const Words w = words_of(line); w.size() == 2 && lower(w[0]) == "default")
      out.old = w[1];
  const auto find = [&](auto fits) {
    return std::find_if(labels.begin(), labels.end(),
                        [&](const Label& l) { return !l.kernel.empty() && fits(l); });
  };
  auto like = find([&](const Label& l) { return l.name == out.old; });
  const bool in_menu = like == labels.end() && !out.old.empty();
  if (like == labels.end())
    like = find([](const Label& l) { return l.chosen; });
  if (like == labels.end())
    like = find([](const Label&) { return true; });
  if (like == labels.end())
    return std::nullopt;
  out.old = like->name;
  if (find([&](const Label& l) { return l.name == out.id; }) != labels.end())
    return out; // it is there
  const std::string entry = entry_text(*like, kernel, out);
  out.trial = text_of(lines_of(menu)) + entry;
  out.chosen = with_label(menu, out.id, in_menu) + entry + (in_menu ? "\tMENU DEFAULT\n" : "");
  return out;
}

std::string bls_value(const std::string& text, const std::string& key) {
  for (const std::string& line : lines_of(text))
    if (const Words w = words_of(line); w.size() >= 2 && w[0] == key)
      return joined(w, 1).substr(1);
  return "";
}

std::string with_bls_value(const std::string& text, const std::string& key,
                           const std::string& value) {
  std::string out;
  bool found = false;
  for (const std::string& line : lines_of(text)) {
    const Words w = words_of(line);
    const bool here = w.size() >= 2 && w[0] == key;
    if (here && found)
      continue;
    found = found || here;
    out += here ? fmt::format("{} {}\n", key, value) : line + '\n';
  }
  return found ? out : fmt::format("{}{} {}\n", out, key, value);
}

std::string bls_entry(const std::string& other, const std::string& other_release,
                      const NewKernel& kernel) {
  const std::vector<std::string> lines = lines_of(other);
  std::string folder = folder_of(bls_value(other, "linux"));
  if (!other_release.empty() && folder.find(other_release) != std::string::npos)
    folder = "/"; // that folder is the other kernel's own
  // Of several the last one is the kernel's, those before are for all (microcode).
  std::size_t last_initrd = lines.size();
  for (std::size_t i = 0; i < lines.size(); i++)
    if (const Words w = words_of(lines[i]); w.size() >= 2 && w[0] == "initrd")
      last_initrd = i;
  std::string out;
  for (std::size_t i = 0; i < lines.size(); i++) {
    const Words w = words_of(lines[i]);
    const std::string key = w.empty() ? "" : w[0];
    if (key == "title")
      out += "title " + title_of(kernel) + '\n';
    else if (key == "version")
      out += "version " + kernel.release + '\n';
    else if (key == "linux")
      out += "linux " + folder + kernel.image + '\n';
    else if (key == "initrd" && kernel.initramfs.empty())
      continue;
    else if (i == last_initrd)
      out += "initrd " + folder + kernel.initramfs + joined(w, 2) + '\n';
    else if (key != "id" && key != "devicetree") // the other's
      out += lines[i] + '\n';
  }
  if (last_initrd == lines.size() && !kernel.initramfs.empty())
    out += "initrd " + folder + kernel.initramfs + '\n';
  return out;
}

namespace {

/// Commands of GRUB's script language, word by word. What a word stands for is not worked out.
class Script {
public:
  explicit Script(const std::string& text) : text_(text) {}

  /// Up to the end of the line, a semicolon, or a brace, which is the last word then. False at the
  /// end of the text.
  bool next(Words& command) {
    command.clear();
    while (at_ < text_.size()) {
      const char c = text_[at_];
      if (c == '\n' || c == ';') {
        at_++;
        if (!command.empty())
          return true;
      } else if (c == ' ' || c == '\t' || c == '\r') {
        at_++;
      } else if (c == '#') {
        at_ = std::min(text_.find('\n', at_), text_.size());
      } else {
        command.push_back(word());
        if (command.back() == "{" || command.back() == "}")
          return true;
      }
    }
    return !command.empty();
  }

private:
  std::string word() {
    std::string out;
    char quote = '\0';
    for (; at_ < text_.size(); at_++) {
      const char c = text_[at_];
      if (quote != '\0' ? c == quote : c == '\'' || c == '"') {
        quote = quote != '\0' ? '\0' : c;
        continue;
      }
      if (c == '\\' && quote != '\'' && at_ + 1 < text_.size())
        at_++;
      else if (quote == '\0' && (c == ' ' || c == '\t' || c == '\n' || c == ';' || c == '\r'))
        break;
      out += text_[at_];
    }
    return out;
  }

  const std::string& text_;
  std::size_t at_ = 0;
};

/// "6.1.0-50-amd64" of "/boot/vmlinuz-6.1.0-50-amd64".
std::string release_of(const std::string& path) {
  const std::string name = path.substr(path.rfind('/') + 1);
  for (const char* head : {"vmlinuz-", "kernel-", "vmlinux-", "bzImage-"})
    if (name.starts_with(head))
      return name.substr(std::string(head).size());
  return "";
}

std::string id_of(const Words& command) {
  for (std::size_t i = 2; i + 1 < command.size(); i++)
    if (command[i] == "--id" || command[i] == "$menuentry_id_option")
      return command[i + 1];
  return command[1];
}

struct Scope {
  std::string id, title;
  bool entry = false;
};

std::string below(const std::string& parent, const std::string& name) {
  return parent.empty() ? name : parent + '>' + name;
}

} // namespace

std::vector<GrubEntry> grub_entries(const std::string& cfg) {
  std::vector<GrubEntry> out;
  std::vector<Scope> scopes{{"", "", false}};
  Script script(cfg);
  for (Words command; script.next(command);) {
    const std::string& name = command.front();
    if (command.back() == "{") {
      const Scope outer = scopes.back();
      const bool is_entry = name == "menuentry";
      if (command.size() > 2 && (is_entry || name == "submenu"))
        scopes.push_back(
            {below(outer.id, id_of(command)), below(outer.title, command[1]), is_entry});
      else
        scopes.push_back(outer);
      if (is_entry && command.size() > 2)
        out.push_back({scopes.back().id, scopes.back().title, ""});
    } else if (name == "}" && scopes.size() > 1) {
      scopes.pop_back();
    } else if (name.starts_with("linux") && command.size() > 1 && scopes.back().entry) {
      out.back().release = release_of(command[1]);
    }
  }
  return out;
}

namespace {

/// The last assignment counts, as in the shell that reads it.
std::string grub_setting(const std::string& settings, const std::string& name) {
  std::string value;
  for (const std::string& line : lines_of(settings))
    if (line.starts_with(name + '='))
      value = line.substr(name.size() + 1);
  std::erase_if(value, [](char c) { return c == '"' || c == '\''; });
  return value.substr(0, value.find('#'));
}

/// "0", "1>2": numbers within each menu.
const GrubEntry* by_number(const std::vector<GrubEntry>& entries, const std::string& wish) {
  const int first = number(wish.substr(0, wish.find('>')));
  if (first < 0)
    return nullptr;
  int top = -1;
  int inner = -1;
  std::string menu;
  for (const GrubEntry& e : entries) {
    const std::size_t at = e.id.find('>');
    const std::string parent = at == std::string::npos ? "" : e.id.substr(0, at);
    if (parent.empty() || parent != menu)
      top++, inner = -1;
    inner++;
    menu = parent;
    const std::size_t more = wish.find('>');
    const int second = more == std::string::npos ? 0 : number(wish.substr(more + 1));
    if (top == first && inner == second)
      return &e;
  }
  return nullptr;
}

} // namespace

const GrubEntry* grub_default(const std::vector<GrubEntry>& entries, const std::string& settings,
                              const std::string& saved) {
  std::string wish = grub_setting(settings, "GRUB_DEFAULT");
  if (wish == "saved")
    wish = saved;
  if (wish.empty())
    wish = "0";
  for (const GrubEntry& e : entries)
    if (e.id == wish || e.title == wish)
      return &e;
  const GrubEntry* numbered = by_number(entries, wish);
  return numbered != nullptr || entries.empty() ? numbered : &entries.front();
}

std::string saved_default(const std::string& settings) {
  std::string out;
  bool found = false;
  for (const std::string& line : lines_of(settings)) {
    const bool here = line.starts_with("GRUB_DEFAULT=");
    if (!here)
      out += line + '\n';
    else if (!found)
      out += "GRUB_DEFAULT=saved\n";
    found = found || here;
  }
  return found ? out : out + "GRUB_DEFAULT=saved\n";
}

} // namespace inst::boot
