// SPDX-License-Identifier: GPL-2.0-only
#include "catch.hh"
#include "conf_read.hh"
#include "conf_write.hh"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <sys/stat.h>

using namespace scstadm;
namespace fs = std::filesystem;

namespace {

/// The printed form of a text, or its errors as "line:column text".
std::string normal(const std::string& text) {
  Conf conf = read_conf(text, "f");
  std::string all;
  for (const ConfError& e : conf.errors)
    all += to_text(e.place) + e.text + "\n";
  if (!all.empty())
    return all;
  sort(conf.root);
  all = print_conf(conf.root);
  return all.substr(all.find('\n') + 1);
}

struct Folder {
  Folder() : path(fs::temp_directory_path() / "scstadm-test-XXXXXX") {
    std::string name = path;
    REQUIRE(mkdtemp(name.data()));
    path = name;
  }
  ~Folder() { fs::remove_all(path); }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  std::string text(const std::string& name) const {
    std::ifstream in(path / name);
    return {std::istreambuf_iterator<char>(in), {}};
  }
  fs::path path;
};

const char* const kExample = R"(# two disks for a lab
setup_id 0x17

HANDLER vdisk_fileio {
	DEVICE scratch {
		filename /srv/luns/scratch.img
		blocksize 4096
	}
	DEVICE labvol1 { filename /srv/b.img }
}

TARGET_DRIVER iscsi {
	enabled 1
	TARGET iqn.2020-05.example.lab:storage.a {
		IncomingUser "labuser fourteen-chars"
		enabled 1
		GROUP builders {
			LUN 7 scratch
			LUN 0 labvol1
			INITIATOR iqn.2020-05.example.lab:build?
		}
		LUN 0 scratch {
			read_only 1
		}
	}
}

DEVICE_GROUP dg_lab {
	DEVICE labvol1
	TARGET_GROUP here {
		group_id 10
		TARGET iqn.2020-05.example.lab:storage.a
		TARGET peer-a {
			rel_tgt_id 5
		}
	}
}
)";

} // namespace

TEST_CASE("An example of all sections is printed in the order of the format") {
  CHECK(normal(kExample) == R"(
setup_id 0x17

HANDLER vdisk_fileio {
	DEVICE labvol1 {
		filename /srv/b.img
	}

	DEVICE scratch {
		blocksize 4096
		filename /srv/luns/scratch.img
	}
}

TARGET_DRIVER iscsi {
	enabled 1

	TARGET iqn.2020-05.example.lab:storage.a {
		IncomingUser "labuser fourteen-chars"
		enabled 1

		LUN 0 scratch {
			read_only 1
		}

		GROUP builders {
			LUN 0 labvol1
			LUN 7 scratch

			INITIATOR iqn.2020-05.example.lab:build?
		}
	}
}

DEVICE_GROUP dg_lab {
	DEVICE labvol1

	TARGET_GROUP here {
		group_id 10

		TARGET iqn.2020-05.example.lab:storage.a
		TARGET peer-a {
			rel_tgt_id 5
		}
	}
}
)");
}

TEST_CASE("What is printed is read back as the same model") {
  Conf first = read_conf(kExample, "f");
  REQUIRE(first.errors.empty());
  sort(first.root);
  Conf second = read_conf(print_conf(first.root), "g");
  CHECK(second.errors.empty());
  CHECK(same(first.root, second.root));
  second.root.children[0].children[0].attributes[0].value += "x";
  CHECK_FALSE(same(first.root, second.root));
}

TEST_CASE("Values with special characters survive printing and reading") {
  Node root;
  int i = 0;
  for (const char* value : {"a b", "", "a#b", "#", "\\", "a\"b", "{x}", " lead", "trail ", "a\\#",
                            "\"quoted\"", "tab\there", "\\\\x", "\xc3\xa9"})
    root.attributes.push_back({"name" + std::to_string(i++) + "x", value, true, true, {}});
  sort(root);
  Conf conf = read_conf(print_conf(root), "f");
  CHECK(conf.errors.empty());
  CHECK(same(root, conf.root));
}

TEST_CASE("Comments take the rest of the line and the character before") {
  CHECK(normal("# all\nthreads 4 # four\nsetup_id 1\\#2\nx y#z\n") ==
        "\nsetup_id 1\\#2\nthreads 4\nx\n");
}

TEST_CASE("Repeated values collapse and different ones accumulate") {
  CHECK(normal("a 1\na 2\na 1\n") == "\na 1\na 2\n");
}

TEST_CASE("A handler may be written in parts") {
  CHECK(normal("HANDLER h {\nDEVICE a\n}\nHANDLER h {\nDEVICE b\n}\n") ==
        "\nHANDLER h {\n\tDEVICE a\n\n\tDEVICE b\n}\n");
}

TEST_CASE("Files of early 2.0 with CREATE_ATTRIBUTES are read") {
  CHECK(normal("HANDLER h {\nDEVICE a {\nCREATE_ATTRIBUTES {\nfilename /x\n}\nusn 1\n}\n}\n") ==
        "\nHANDLER h {\n\tDEVICE a {\n\t\tfilename /x\n\t\tusn 1\n\t}\n}\n");
}

TEST_CASE("Hardware targets keep their mark") {
  CHECK(normal("TARGET_DRIVER q {\nTARGET 50:01 {\nHW_TARGET\nenabled 1\n}\n}\n") ==
        "\nTARGET_DRIVER q {\n\tTARGET 50:01 {\n\t\tHW_TARGET\n\t\tenabled 1\n\t}\n}\n");
}

TEST_CASE("Errors of attributes do not tell their values, which may be secrets") {
  const std::string error = normal("IncomingUser joe joes-secret\n");
  CHECK(error.find("f:1:18: IncomingUser takes one value") == 0);
  CHECK(error.find("joes-secret") == std::string::npos);
}

TEST_CASE("Errors name line and column") {
  const std::vector<std::pair<const char*, const char*>> rows = {
      {"HANDLER h {\n", "f:1:1: HANDLER { is never closed"},
      {"}\n", "f:1:1: a \"}\" that closes nothing"},
      {"HANDLER h\n{\n}\n", "f:2:1: a \"{\" on its own"},
      {"\n  LUN 0 d\n", "f:2:3: LUN does not belong at the top"},
      {"HANDLER\n", "f:1:1: HANDLER takes exactly one name"},
      {"HANDLER a b\n", "f:1:1: HANDLER takes exactly one name"},
      {"HANDLER \"\"\n", "f:1:1: HANDLER needs a name"},
      {"a b c\n", "f:1:5: a takes one value"},
      {"a \"b\n", "f:1:3: a quote without its end"},
      {"WHAT x {\n}\n", "f:1:1: there is no section WHAT"},
      {"[HANDLER vdisk]\n", "f:1:1: this is the format of SCST 1.x"},
      {"TARGET_DRIVER t {\nTARGET a {\nLUN 0 d\nLUN 00 e\n}\n}\n",
       "f:4:1: LUN 0 is there already (line 3)"},
      {"TARGET_DRIVER t {\nTARGET a {\nLUN 16384 d\n}\n}\n", "f:3:5: \"16384\" is no LUN"},
      {"TARGET_DRIVER t {\nTARGET a {\nLUN x d\n}\n}\n", "f:3:5: \"x\" is no LUN"},
      {"TARGET_DRIVER t {\nTARGET a {\nLUN 1\n}\n}\n", "f:3:1: LUN takes a number and a device"},
      {"HANDLER h {\nDEVICE ../x\n}\n", "f:2:1: device ../x: a name has no blanks and no \"/\""},
      {"HANDLER h {\nDEVICE d\nDEVICE d\n}\n", "f:3:1: device d is there already (line 2)"},
  };
  for (const auto& [text, expected] : rows) {
    INFO(text);
    CHECK(normal(text).substr(0, std::string(expected).size()) == expected);
  }
}

TEST_CASE("Reading goes on after an error") {
  Conf conf = read_conf("a b c\nHANDLER h {\nLUN 0 x {\nread_only 1\n}\nDEVICE d\n}\n}\n", "f");
  CHECK(conf.errors.size() == 3);
  REQUIRE(conf.root.find(Kind::Handler, "h"));
  CHECK(conf.root.find(Kind::Handler, "h")->find(Kind::Device, "d"));
}

TEST_CASE("A file is saved in one step with numbered backups") {
  Folder f;
  const std::string path = f.path / "scst.conf";
  CHECK(save_file(path, "one") == "");
  struct stat st {};
  REQUIRE(stat(path.c_str(), &st) == 0);
  CHECK((st.st_mode & 0777) == 0600);
  chmod(path.c_str(), 0640);
  CHECK(save_file(path, "two") == "");
  CHECK(save_file(path, "three") == "");
  CHECK(f.text("scst.conf") == "three");
  CHECK(f.text("scst.conf.1") == "two");
  CHECK(f.text("scst.conf.2") == "one");
  REQUIRE(stat(path.c_str(), &st) == 0);
  CHECK((st.st_mode & 0777) == 0640);
  for (int i = 0; i < 12; i++)
    CHECK(save_file(path, std::to_string(i)) == "");
  CHECK(std::distance(fs::directory_iterator(f.path), {}) == 10);
}

TEST_CASE("A file that cannot be saved is left as it is") {
  Folder f;
  const std::string error = save_file(f.path / "no" / "such" / "folder", "x");
  CHECK(error.find("cannot write into the folder") == 0);
  fs::create_directory(f.path / "scst.conf");
  CHECK(save_file(f.path / "scst.conf", "x").find("cannot save") == 0);
  CHECK(std::distance(fs::directory_iterator(f.path), {}) == 1);
}
