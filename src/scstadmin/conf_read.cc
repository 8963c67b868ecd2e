// SPDX-License-Identifier: GPL-2.0-only
#include "conf_read.hh"

#include <algorithm>
#include <charconv>
#include <fmt/format.h>

namespace scstadm {

namespace {

struct Word {
  std::string text;
  unsigned line = 0;
  unsigned column = 0;
};

enum class End { Line, Open, Close, File };

/// Words up to the end of a line or a brace.
struct Statement {
  std::vector<Word> words;
  End end = End::File;
  unsigned line = 0;
  unsigned column = 0; ///< of what ended it
};

/// Text to statements: comments, quotes, backslashes, braces.
class Lexer {
public:
  explicit Lexer(std::string_view text) : text_(text) {}

  Statement next() {
    Statement s;
    for (;;) {
      skip_blanks();
      s.line = line_;
      s.column = column_;
      if (at_ == text_.size()) {
        s.end = End::File;
        return s;
      }
      const char c = text_[at_];
      if (c == '#') {
        skip_comment(s);
      } else if (c == '\n' || c == '{' || c == '}') {
        step();
        s.end = c == '{' ? End::Open : c == '}' ? End::Close : End::Line;
        return s;
      } else {
        s.words.push_back(word());
      }
    }
  }

  bool open_quote() const { return open_quote_; }

private:
  void step() {
    if (text_[at_++] == '\n') {
      line_++;
      column_ = 1;
    } else {
      column_++;
    }
  }
  void skip_blanks() {
    while (at_ < text_.size() && (text_[at_] == ' ' || text_[at_] == '\t' || text_[at_] == '\r'))
      step();
  }
  /// The rest of the line and, as ever, the one character before it.
  void skip_comment(Statement& s) {
    if (at_ > 0 && glued_ && !s.words.empty()) {
      s.words.back().text.pop_back();
      if (s.words.back().text.empty())
        s.words.pop_back();
    }
    while (at_ < text_.size() && text_[at_] != '\n')
      step();
  }
  Word word() {
    Word w{{}, line_, column_};
    bool quoted = false;
    glued_ = false;
    while (at_ < text_.size() && text_[at_] != '\n') {
      const char c = text_[at_];
      if (c == '\\' && at_ + 1 < text_.size() && text_[at_ + 1] != '\n') {
        step();
        w.text += text_[at_];
      } else if (c == '"') {
        quoted = !quoted;
      } else if (!quoted && (c == ' ' || c == '\t' || c == '\r' || c == '{' || c == '}')) {
        break;
      } else if (!quoted && c == '#') {
        glued_ = !w.text.empty();
        break;
      } else {
        w.text += c;
      }
      step();
    }
    open_quote_ = quoted;
    return w;
  }

  std::string_view text_;
  std::size_t at_ = 0;
  unsigned line_ = 1;
  unsigned column_ = 1;
  bool glued_ = false; ///< the last word touches a '#'
  bool open_quote_ = false;
};

struct Section {
  const char* word;
  Kind inside;
  Kind kind;
  unsigned arguments;
};

constexpr Section kSections[] = {
    {"HANDLER", Kind::Root, Kind::Handler, 1},
    {"DEVICE", Kind::Handler, Kind::Device, 1},
    {"TARGET_DRIVER", Kind::Root, Kind::Driver, 1},
    {"TARGET", Kind::Driver, Kind::Target, 1},
    {"GROUP", Kind::Target, Kind::Group, 1},
    {"LUN", Kind::Target, Kind::Lun, 2},
    {"LUN", Kind::Group, Kind::Lun, 2},
    {"INITIATOR", Kind::Group, Kind::Initiator, 1},
    {"DEVICE_GROUP", Kind::Root, Kind::DeviceGroup, 1},
    {"DEVICE", Kind::DeviceGroup, Kind::MemberDevice, 1},
    {"TARGET_GROUP", Kind::DeviceGroup, Kind::TargetGroup, 1},
    {"TARGET", Kind::TargetGroup, Kind::MemberTarget, 1},
};

bool is_keyword(const std::string& word) {
  return std::any_of(std::begin(kSections), std::end(kSections),
                     [&](const Section& s) { return word == s.word; });
}

const Section* find_section(Kind inside, const std::string& word) {
  auto it = std::find_if(std::begin(kSections), std::end(kSections),
                         [&](const Section& s) { return s.inside == inside && word == s.word; });
  return it == std::end(kSections) ? nullptr : it;
}

class Reader {
public:
  Reader(std::string_view text, const std::string& file) : lexer_(text), file_(file) {}

  Conf read() {
    body(conf_.root, nullptr);
    return std::move(conf_);
  }

private:
  Place place(const Word& w) const { return {file_, w.line, w.column}; }
  void error(Place where, std::string text) {
    conf_.errors.push_back({std::move(where), std::move(text)});
  }

  /// Statements up to the brace that closes the section `opened` at.
  void body(Node& node, const Word* opened) {
    for (;;) {
      Statement s = lexer_.next();
      if (lexer_.open_quote() && !s.words.empty())
        error(place(s.words.back()), "a quote without its end on the same line");
      if (!s.words.empty())
        statement(node, s);
      else if (s.end == End::Open)
        lone_brace(s);
      if (s.end == End::Close) {
        if (opened)
          return;
        error({file_, s.line, s.column}, "a \"}\" that closes nothing");
      } else if (s.end == End::File) {
        if (opened)
          error(place(*opened),
                fmt::format("{} {{ is never closed: a \"}}\" is missing", opened->text));
        return;
      }
    }
  }

  void lone_brace(const Statement& s) {
    error({file_, s.line, s.column},
          "a \"{\" on its own: write it at the end of the line it belongs to");
    skip_body();
  }

  void skip_body() {
    for (unsigned depth = 1; depth > 0;) {
      Statement s = lexer_.next();
      if (s.end == End::File)
        return;
      depth += s.end == End::Open ? 1 : 0;
      depth -= s.end == End::Close ? 1 : 0;
    }
  }

  void statement(Node& node, const Statement& s) {
    const Word& first = s.words[0];
    if (const Section* section = find_section(node.kind, first.text)) {
      begin_section(node, s, *section);
      return;
    }
    if (node.kind == Kind::Device && first.text == "CREATE_ATTRIBUTES" && s.end == End::Open) {
      body(node, &first); // files of early 2.0: the same attributes, one level down
      return;
    }
    if (node.kind == Kind::Target && first.text == "HW_TARGET" && s.words.size() == 1) {
      node.hardware = true;
    } else if (first.text.starts_with("[")) {
      error(place(first), "this is the format of SCST 1.x, which is not read here: write it in the "
                          "format of scst.conf(5)");
    } else if (is_keyword(first.text)) {
      error(place(first), fmt::format("{} does not belong {}", first.text,
                                      node.kind == Kind::Root ? "at the top of the file"
                                                              : "into " + title(node)));
    } else if (s.end == End::Open) {
      error(place(first), fmt::format("there is no section {}", first.text));
    } else {
      attribute(node, s);
    }
    if (s.end == End::Open)
      skip_body();
  }

  void begin_section(Node& parent, const Statement& s, const Section& section) {
    const Word& first = s.words[0];
    Node node;
    node.kind = section.kind;
    node.place = place(first);
    bool good = s.words.size() == section.arguments + 1;
    if (!good)
      error(node.place, section.arguments == 2
                            ? "LUN takes a number and a device: LUN 0 disk1"
                            : fmt::format("{} takes exactly one name", section.word));
    if (good) {
      node.name = s.words[1].text;
      if (section.arguments == 2)
        node.device = s.words[2].text;
      good = check_name(node, s);
    }
    Node* known = good ? parent.find(node.kind, node.name) : nullptr;
    const bool merge = known && (node.kind == Kind::Handler || node.kind == Kind::Driver);
    if (known && !merge) {
      error(node.place,
            fmt::format("{} is there already (line {})", title(node), known->place.line));
      good = false;
    }
    if (s.end == End::Open)
      body(merge ? *known : node, &first);
    if (good && !merge)
      parent.children.push_back(std::move(node));
  }

  bool check_name(Node& node, const Statement& s) {
    if (node.name.empty() || (node.kind == Kind::Lun && node.device.empty())) {
      error(node.place, fmt::format("{} needs a name that is not empty", s.words[0].text));
      return false;
    }
    // Names become names of folders and words of commands.
    if (node.name.find_first_of("/ \t") != std::string::npos || node.name == "." ||
        node.name == ".." || node.device.find_first_of("/ \t;=") != std::string::npos) {
      error(node.place, fmt::format("{}: a name has no blanks and no \"/\"", title(node)));
      return false;
    }
    if (node.kind != Kind::Lun)
      return true;
    unsigned number = 0;
    const std::string& text = node.name;
    auto [end, err] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (err != std::errc{} || end != text.data() + text.size() || number > 16383) {
      error(place(s.words[1]),
            fmt::format("\"{}\" is no LUN: give a number from 0 to 16383", text));
      return false;
    }
    node.name = std::to_string(number); // "007" and "7" are one
    return true;
  }

  void attribute(Node& node, const Statement& s) {
    const Word& first = s.words[0];
    if (s.words.size() > 2) {
      error(place(s.words[2]),
            fmt::format("{} takes one value: put it into quotes if it has blanks, "
                        "{} \"VALUE WITH BLANKS\"",
                        first.text, first.text));
      return;
    }
    if (first.text.empty()) {
      error(place(first), "an attribute needs a name");
      return;
    }
    Attribute a;
    a.name = first.text;
    a.value = s.words.size() > 1 ? s.words[1].text : "";
    a.place = place(first);
    // A value may come again; several values of one name are several attributes.
    if (std::none_of(node.attributes.begin(), node.attributes.end(),
                     [&](const Attribute& b) { return a.name == b.name && a.value == b.value; }))
      node.attributes.push_back(std::move(a));
  }

  Lexer lexer_;
  std::string file_;
  Conf conf_;
};

} // namespace

Conf read_conf(std::string_view text, const std::string& file) {
  return Reader(text, file).read();
}

} // namespace scstadm
