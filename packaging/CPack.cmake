# SPDX-License-Identifier: GPL-2.0-only
# Packages out of the install components: one component, one package of the same name.
set(CPACK_PACKAGE_NAME scst)
set(CPACK_PACKAGE_VENDOR "scst")
set(CPACK_PACKAGE_CONTACT "SCST packagers <packagers@scst.example>")
set(CPACK_PACKAGE_VERSION "${PROJECT_VERSION}")
set(CPACK_RESOURCE_FILE_LICENSE "${CMAKE_SOURCE_DIR}/packaging/debian/copyright")
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
# Components install below /etc and /var as well, and meson takes DESTDIR.
set(CPACK_SET_DESTDIR ON)
set(CPACK_INSTALL_PREFIX /usr)
set(CPACK_STRIP_FILES ON)
set(CPACK_GENERATOR DEB)
set(CPACK_COMPONENTS_ALL scst scst-dkms scst-dev scstadmin iscsi-scst scst-install)
set(CPACK_ARCHIVE_COMPONENT_INSTALL ON)
set(CPACK_DEB_COMPONENT_INSTALL ON)
set(CPACK_DEBIAN_PACKAGE_RELEASE 1)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)

# describe(COMPONENT SECTION SUMMARY TEXT): what a user reads about the package.
function(describe component section summary text)
  string(TOUPPER "${component}" key)
  set(CPACK_COMPONENT_${key}_DESCRIPTION "${summary}\n${text}" PARENT_SCOPE)
  set(CPACK_DEBIAN_${key}_DESCRIPTION "${summary}\n${text}" PARENT_SCOPE)
  set(CPACK_DEBIAN_${key}_PACKAGE_NAME "${component}" PARENT_SCOPE)
  set(CPACK_DEBIAN_${key}_PACKAGE_SECTION "${section}" PARENT_SCOPE)
  set(CPACK_DEBIAN_${key}_PACKAGE_PRIORITY optional PARENT_SCOPE)
  set(CPACK_DEBIAN_${key}_PACKAGE_CONTROL_STRICT_PERMISSION ON PARENT_SCOPE)
endfunction()

describe(scst metapackages "SCSI target with the public interface of SCST"
"Serves files, disks or memory of this machine to other machines as SCSI disks.
This package holds nothing: it brings the kernel modules, their configuration
tool and the login daemon of the iSCSI target.")
describe(scst-dkms kernel "SCSI target modules for the Linux kernel (DKMS)"
"Modules that serve disks to other machines: the target core, virtual disks on
files and memory, an iSCSI target and a local one for tests. They offer the
public interface of SCST and are built for each installed kernel by dkms.")
describe(scst-dev devel "headers of the SCSI target for handlers and target drivers"
"What the modules of scst-dkms offer to device handlers and target drivers that
are built outside of their tree, and the interface of programs that serve a
device themselves (scst_user.h). Comes with an example of a handler.")
describe(scstadmin admin "configuration tool of the SCSI target"
"Reads and writes scst.conf, compares it with what the kernel serves and changes
only what differs. Comes with the service that loads modules and configuration
at boot.")
describe(iscsi-scst net "login daemon of the iSCSI target"
"Listens for initiators, negotiates their login and hands the connection over to
the iscsi_scst kernel module.")
describe(scst-install admin "installer of the SCSI target stack"
"Looks at the machine, shows a plan, applies it with a journal, proves that the
target serves, and can undo all of it. Where no module can be loaded it serves
out of a small virtual machine.")

set(CPACK_DEBIAN_SCST-DKMS_PACKAGE_ARCHITECTURE all)
set(CPACK_DEBIAN_SCST-DKMS_PACKAGE_DEPENDS "dkms (>= 2.8), openssl, make")
set(CPACK_DEBIAN_SCST-DKMS_PACKAGE_RECOMMENDS "linux-headers-amd64 | linux-headers-generic | linux-headers")
foreach(key SCST SCST-DEV)
  set(CPACK_DEBIAN_${key}_PACKAGE_ARCHITECTURE all)
endforeach()
set(built "${PROJECT_VERSION}-${CPACK_DEBIAN_PACKAGE_RELEASE}")
set(CPACK_DEBIAN_SCST_PACKAGE_DEPENDS
  "iscsi-scst (>= ${built}), scst-dkms (>= ${built}), scstadmin (>= ${built})")
set(CPACK_DEBIAN_SCST_PACKAGE_SUGGESTS "scst-install")
set(CPACK_DEBIAN_SCST-DEV_PACKAGE_RECOMMENDS "scst-dkms (>= ${built})")
foreach(key SCSTADMIN ISCSI-SCST SCST-INSTALL)
  set(CPACK_DEBIAN_${key}_PACKAGE_SHLIBDEPS ON)
endforeach()
set(CPACK_DEBIAN_SCSTADMIN_PACKAGE_DEPENDS "init-system-helpers (>= 1.52)")
set(CPACK_DEBIAN_SCSTADMIN_PACKAGE_RECOMMENDS "scst-dkms, iscsi-scst")
set(CPACK_DEBIAN_ISCSI-SCST_PACKAGE_DEPENDS "init-system-helpers (>= 1.52)")
set(CPACK_DEBIAN_ISCSI-SCST_PACKAGE_RECOMMENDS "scst-dkms, scstadmin")
set(CPACK_DEBIAN_SCST-INSTALL_PACKAGE_RECOMMENDS "scst-dkms, scstadmin, iscsi-scst")
set(CPACK_DEBIAN_SCST-INSTALL_PACKAGE_SUGGESTS "qemu-system-x86, mmdebstrap")

# Maintainer scripts are templates, for they name the version.
foreach(component IN LISTS CPACK_COMPONENTS_ALL)
  string(TOUPPER "${component}" key)
  set(control)
  foreach(script preinst postinst prerm postrm conffiles)
    set(template "${CMAKE_SOURCE_DIR}/packaging/debian/${component}.${script}.in")
    if(EXISTS "${template}")
      set(made "${CMAKE_BINARY_DIR}/debian/${component}/${script}")
      configure_file("${template}" "${made}" @ONLY)
      list(APPEND control "${made}")
    endif()
  endforeach()
  set(CPACK_DEBIAN_${key}_PACKAGE_CONTROL_EXTRA "${control}")
endforeach()

# Debian policy: each package carries its copyright and its changelog.
find_program(GZIP gzip REQUIRED)
set(changelog "${CMAKE_BINARY_DIR}/debian/changelog.Debian.gz")
execute_process(COMMAND "${GZIP}" -9nc "${CMAKE_SOURCE_DIR}/packaging/debian/changelog"
  OUTPUT_FILE "${changelog}" COMMAND_ERROR_IS_FATAL ANY)
file(STRINGS packaging/debian/changelog newest LIMIT_COUNT 1)
if(NOT newest MATCHES "^scst \\(${PROJECT_VERSION}-")
  message(FATAL_ERROR "packaging/debian/changelog starts with '${newest}', VERSION says "
    "${PROJECT_VERSION}: add a changelog entry for it")
endif()
foreach(component IN LISTS CPACK_COMPONENTS_ALL)
  install(FILES packaging/debian/copyright "${changelog}"
    DESTINATION "share/doc/${component}" COMPONENT "${component}")
  set(overrides "packaging/debian/${component}.lintian-overrides")
  if(EXISTS "${CMAKE_SOURCE_DIR}/${overrides}")
    install(FILES "${overrides}" RENAME "${component}"
      DESTINATION share/lintian/overrides COMPONENT "${component}")
  endif()
endforeach()

set(CPACK_PRE_BUILD_SCRIPTS "${CMAKE_SOURCE_DIR}/packaging/compress-man.cmake")
include(CPack)
