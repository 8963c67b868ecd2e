// SPDX-License-Identifier: GPL-2.0-only
// A table of the catalog that is read key by key. What is missing, of another kind, or not asked
// for in the end, is a fault with its line. Private to catalog/.
#pragma once

#include "catalog/load.hh"

#include <toml++/toml.h>

#include <initializer_list>
#include <set>
#include <string>
#include <vector>

namespace inst::catalog {

enum class Need { must, may };

class Reader {
public:
  Reader(const toml::table& table, std::string kind, std::string file, Faults& faults)
      : table_(table), kind_(std::move(kind)), file_(std::move(file)), faults_(faults) {}

  std::string text(const std::string& key, Need need = Need::must);
  /// One of the words.
  std::string word(const std::string& key, std::initializer_list<const char*> words,
                   Need need = Need::must);
  int number(const std::string& key, int otherwise);
  bool flag(const std::string& key);
  Version version(const std::string& key, Need need = Need::must);
  std::vector<std::string> list(const std::string& key, Need need = Need::must);
  std::map<std::string, std::string> map(const std::string& key);
  /// The table at key; nullptr when there is none.
  const toml::table* table(const std::string& key);
  /// The tables of an array at key.
  std::vector<const toml::table*> tables(const std::string& key);
  /// Keys that were not asked for are faults. True when this entry had none.
  bool finish();
  void fault(const std::string& what);

private:
  const toml::node* take(const std::string& key, Need need);

  const toml::table& table_;
  std::string kind_, file_;
  Faults& faults_;
  std::set<std::string> taken_;
  bool good_ = true;
};

} // namespace inst::catalog
