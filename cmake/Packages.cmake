# `cpack` in a build folder of the preset `package` makes three Debian packages: the program with the demo's
# files and the documentation, the library, and what programs are built with against it.
set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME qprompt)
set(CPACK_PACKAGE_VERSION ${PROJECT_VERSION})
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_STRIP_FILES ON)
set(CPACK_COMPONENTS_ALL program library dev)
set(CPACK_COMPONENTS_GROUPING IGNORE)
set(CPACK_DEB_COMPONENT_INSTALL ON)
set(CPACK_INSTALL_DEFAULT_DIRECTORY_PERMISSIONS
    OWNER_READ OWNER_WRITE OWNER_EXECUTE GROUP_READ GROUP_EXECUTE WORLD_READ WORLD_EXECUTE)
set(CPACK_PRE_BUILD_SCRIPTS ${PROJECT_SOURCE_DIR}/cmake/as_debian_has_it.cmake)

set(soversion ${PROJECT_VERSION_MAJOR}.${PROJECT_VERSION_MINOR})
set(library libqprompt${soversion})
set(CPACK_DEBIAN_PACKAGE_RELEASE 1)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_MAINTAINER "The QPrompt authors <qprompt@users.noreply.github.com>")
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)
set(CPACK_DEBIAN_PROGRAM_PACKAGE_NAME qprompt)
set(CPACK_DEBIAN_PROGRAM_PACKAGE_SECTION science)
set(CPACK_DEBIAN_PROGRAM_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_LIBRARY_PACKAGE_NAME ${library})
set(CPACK_DEBIAN_LIBRARY_PACKAGE_SECTION libs)
set(CPACK_DEBIAN_LIBRARY_PACKAGE_SHLIBDEPS ON)
# Who links with it depends on this package; the system's table of libraries is renewed.
set(CPACK_DEBIAN_PACKAGE_GENERATE_SHLIBS ON)
set(CPACK_DEBIAN_PACKAGE_GENERATE_SHLIBS_POLICY ">=")
file(WRITE ${PROJECT_BINARY_DIR}/triggers "activate-noawait ldconfig\n")
set(CPACK_DEBIAN_LIBRARY_PACKAGE_CONTROL_EXTRA ${PROJECT_BINARY_DIR}/triggers)
set(CPACK_DEBIAN_DEV_PACKAGE_NAME libqprompt-dev)
set(CPACK_DEBIAN_DEV_PACKAGE_SECTION libdevel)
set(CPACK_DEBIAN_DEV_PACKAGE_DEPENDS
    "${library} (= ${PROJECT_VERSION}-${CPACK_DEBIAN_PACKAGE_RELEASE}), libeigen3-dev")

set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "")  # each package's is the first line of its description
set(what "Learns a quantized prompt of a few hundred bytes, with which a CLIP-like\nmodel names images among \
any list of classes, on a CPU.")
set(CPACK_COMPONENT_PROGRAM_DESCRIPTION
    "learns and uses quantized prompts of CLIP-like models\n${what}\n\nThis package has the program, its \
demo and the documentation.")
set(CPACK_COMPONENT_LIBRARY_DESCRIPTION
    "quantized prompts of CLIP-like models - library\n${what}\n\nThis package has the library.")
set(CPACK_COMPONENT_DEV_DESCRIPTION
    "quantized prompts of CLIP-like models - headers for C and C++\n${what}\n\nThis package has what \
programs are built with.")
include(CPack)
