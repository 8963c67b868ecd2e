// SPDX-License-Identifier: GPL-2.0-only
// Reads the catalog's TOML files. An entry that lacks something is an error, never a default.
#include "catalog/load.hh"

#include "path.hh"

#include <fmt/format.h>
#include <toml++/toml.h>

#include <optional>

namespace inst::catalog {
namespace {

Error bad(const std::string& file, const std::string& cause) {
  return {"read catalog", file, cause, "The installation is damaged: install scst-install again.",
          Exit::internal};
}

std::vector<std::string> strings(const toml::table& table, std::string_view key) {
  std::vector<std::string> out;
  if (const toml::array* array = table[key].as_array())
    for (const toml::node& node : *array)
      if (const auto text = node.value<std::string>())
        out.push_back(*text);
  return out;
}

std::optional<Source> source_of(const toml::table& t) {
  Source s;
  s.name = t["name"].value_or(std::string());
  s.title = t["title"].value_or(std::string());
  s.min = parse_version(t["kernel"]["min"].value_or(std::string_view()));
  s.below = parse_version(t["kernel"]["below"].value_or(std::string_view()));
  s.modules = strings(t, "modules");
  s.autoload = strings(t, "autoload");
  s.packages = strings(t, "packages");
  if (s.name.empty() || s.modules.empty() || s.autoload.empty() || !s.min.known() ||
      s.below <= s.min)
    return std::nullopt;
  return s;
}

std::optional<Family> family_of(const toml::table& t) {
  Family f;
  f.id = t["id"].value_or(std::string());
  f.members = strings(t, "members");
  f.install = t["install"].value_or(std::string());
  if (const toml::table* packages = t["packages"].as_table())
    for (const auto& [key, node] : *packages)
      if (const auto name = node.value<std::string>())
        f.packages.emplace(key.str(), *name);
  if (f.id.empty() || f.install.empty() || !f.packages.contains("headers"))
    return std::nullopt;
  return f;
}

template <class T, class Convert>
Result<void> add_all(const toml::table& doc, std::string_view key, const std::string& file,
                     Convert convert, std::vector<T>& out) {
  const toml::array* entries = doc[key].as_array();
  if (entries == nullptr)
    return {};
  for (const toml::node& node : *entries) {
    const toml::table* table = node.as_table();
    auto entry = table != nullptr ? convert(*table) : std::nullopt;
    if (!entry)
      return bad(file,
                 fmt::format("incomplete [[{}]] near line {}", key, node.source().begin.line));
    out.push_back(std::move(*entry));
  }
  return {};
}

} // namespace

Result<void> parse(const std::string& text, const std::string& file, Catalog& catalog) {
  try {
    const toml::table doc = toml::parse(text, file);
    auto added = add_all(doc, "source", file, source_of, catalog.sources);
    return added ? add_all(doc, "family", file, family_of, catalog.families) : added;
  } catch (const toml::parse_error& e) {
    return bad(file, fmt::format("line {}: {}", e.source().begin.line, e.description()));
  }
}

Result<Catalog> load(sys::System& sys, const std::string& dir) {
  Catalog catalog;
  for (const std::string& name : sys.list(dir)) {
    if (!name.ends_with(".toml"))
      continue;
    const std::string file = in_dir(dir, name);
    const auto text = sys.read(file);
    if (!text)
      return text.error();
    if (auto parsed = parse(*text, file, catalog); !parsed)
      return parsed.error();
  }
  if (catalog.sources.empty())
    return bad(dir, "no source entry in any *.toml there");
  return catalog;
}

} // namespace inst::catalog
