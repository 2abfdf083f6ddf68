# What `cmake --install` gives: the library with its headers and CMake package, the program, the demo
# model with its pictures, and the documentation.
include(CMakePackageConfigHelpers)

set(package_dir ${CMAKE_INSTALL_LIBDIR}/cmake/qprompt)

install(TARGETS qprompt EXPORT qpromptTargets)
install(EXPORT qpromptTargets NAMESPACE qprompt:: DESTINATION ${package_dir})
install(CODE "set(SOURCE \"${PROJECT_SOURCE_DIR}\")
              set(INCLUDE_DIR \"${CMAKE_INSTALL_INCLUDEDIR}\")")
install(SCRIPT ${PROJECT_SOURCE_DIR}/cmake/install_headers.cmake)
install(FILES ${PROJECT_SOURCE_DIR}/c/qprompt.h DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})

configure_package_config_file(
  ${PROJECT_SOURCE_DIR}/cmake/qpromptConfig.cmake.in ${PROJECT_BINARY_DIR}/qpromptConfig.cmake
  INSTALL_DESTINATION ${package_dir} PATH_VARS CMAKE_INSTALL_DATADIR)
write_basic_package_version_file(${PROJECT_BINARY_DIR}/qpromptConfigVersion.cmake
                                 COMPATIBILITY SameMinorVersion)
install(FILES ${PROJECT_BINARY_DIR}/qpromptConfig.cmake
              ${PROJECT_BINARY_DIR}/qpromptConfigVersion.cmake
        DESTINATION ${package_dir})

if(TARGET qprompt_cli)
  # The program finds its library wherever the prefix is moved.
  file(RELATIVE_PATH bin_to_lib ${CMAKE_INSTALL_FULL_BINDIR} ${CMAKE_INSTALL_FULL_LIBDIR})
  set_target_properties(qprompt_cli PROPERTIES INSTALL_RPATH "$ORIGIN/${bin_to_lib}")
  install(TARGETS qprompt_cli)
  install(DIRECTORY ${PROJECT_BINARY_DIR}/cli/share/ DESTINATION ${CMAKE_INSTALL_DATADIR}
          PATTERN made EXCLUDE)
endif()

if(EXISTS ${PROJECT_SOURCE_DIR}/assets/demo)
  install(DIRECTORY ${PROJECT_SOURCE_DIR}/assets/demo
          DESTINATION ${CMAKE_INSTALL_DATADIR}/qprompt)
endif()
install(FILES ${PROJECT_SOURCE_DIR}/LICENSE ${PROJECT_SOURCE_DIR}/README.md
        DESTINATION ${CMAKE_INSTALL_DOCDIR} OPTIONAL)
install(DIRECTORY ${PROJECT_SOURCE_DIR}/docs/ DESTINATION ${CMAKE_INSTALL_DOCDIR} OPTIONAL)
