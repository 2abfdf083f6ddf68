# What `cmake --install` gives: the library with its headers, CMake package and pkg-config file, the
# program with the demo's model and pictures, and the documentation. Components are the packages that
# Packages.cmake makes: library, dev, program.
include(CMakePackageConfigHelpers)

set(package_dir ${CMAKE_INSTALL_LIBDIR}/cmake/qprompt)

install(TARGETS qprompt EXPORT qpromptTargets
        LIBRARY COMPONENT library NAMELINK_COMPONENT dev)
install(EXPORT qpromptTargets NAMESPACE qprompt:: DESTINATION ${package_dir} COMPONENT dev)
install(CODE "set(SOURCE \"${PROJECT_SOURCE_DIR}\")
              set(INCLUDE_DIR \"${CMAKE_INSTALL_INCLUDEDIR}\")" COMPONENT dev)
install(SCRIPT ${PROJECT_SOURCE_DIR}/cmake/install_headers.cmake COMPONENT dev)
install(FILES ${PROJECT_SOURCE_DIR}/c/qprompt.h DESTINATION ${CMAKE_INSTALL_INCLUDEDIR} COMPONENT dev)

configure_package_config_file(
  ${PROJECT_SOURCE_DIR}/cmake/qpromptConfig.cmake.in ${PROJECT_BINARY_DIR}/qpromptConfig.cmake
  INSTALL_DESTINATION ${package_dir} PATH_VARS CMAKE_INSTALL_DATADIR)
write_basic_package_version_file(${PROJECT_BINARY_DIR}/qpromptConfigVersion.cmake
                                 COMPATIBILITY SameMinorVersion)
install(FILES ${PROJECT_BINARY_DIR}/qpromptConfig.cmake
              ${PROJECT_BINARY_DIR}/qpromptConfigVersion.cmake
        DESTINATION ${package_dir} COMPONENT dev)

# For those who build without CMake; it too finds its files wherever the prefix is moved.
set(pkgconfig_dir ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
file(RELATIVE_PATH pkgconfig_to_prefix /${pkgconfig_dir} /)
list(TRANSFORM QPROMPT_EIGEN PREPEND -D OUTPUT_VARIABLE eigen_flags)
list(JOIN eigen_flags " " eigen_flags)
configure_file(${PROJECT_SOURCE_DIR}/cmake/qprompt.pc.in ${PROJECT_BINARY_DIR}/qprompt.pc @ONLY)
install(FILES ${PROJECT_BINARY_DIR}/qprompt.pc DESTINATION ${pkgconfig_dir} COMPONENT dev)

if(TARGET qprompt_cli)
  install(TARGETS qprompt_cli COMPONENT program)
  install(DIRECTORY ${PROJECT_BINARY_DIR}/cli/share/ DESTINATION ${CMAKE_INSTALL_DATADIR}
          COMPONENT program PATTERN made EXCLUDE)
endif()

if(EXISTS ${PROJECT_SOURCE_DIR}/assets/demo)
  install(DIRECTORY ${PROJECT_SOURCE_DIR}/assets/demo
          DESTINATION ${CMAKE_INSTALL_DATADIR}/qprompt COMPONENT program)
endif()

# As they lie in the repository, so that every link among them leads somewhere.
foreach(document LICENSE README.md CHANGELOG.md CONTRIBUTING.md docs examples server/openapi.json
                 tools/demo_world/README.md)
  cmake_path(GET document PARENT_PATH folder)
  if(IS_DIRECTORY ${PROJECT_SOURCE_DIR}/${document})
    install(DIRECTORY ${PROJECT_SOURCE_DIR}/${document} DESTINATION ${CMAKE_INSTALL_DOCDIR}
            COMPONENT program)
  else()
    install(FILES ${PROJECT_SOURCE_DIR}/${document} DESTINATION ${CMAKE_INSTALL_DOCDIR}/${folder}
            COMPONENT program OPTIONAL)
  endif()
endforeach()

# What the last `cmake --install` of this build wrote.
add_custom_target(uninstall
  COMMAND ${CMAKE_COMMAND} -D MANIFEST=${PROJECT_BINARY_DIR}/install_manifest.txt
          -P ${PROJECT_SOURCE_DIR}/cmake/uninstall.cmake)
