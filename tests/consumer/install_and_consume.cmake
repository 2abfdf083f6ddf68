# Installs the build into a fresh prefix, then builds and runs somebody else's programs against it, with
# CMake and with pkg-config, follows the documentation's links, and uninstalls.
# cmake -D BUILD=... -D CONSUMER=... -D EXAMPLES=... -D WORK=... [-D CACHE_ENTRIES=...] [-D C_COMPILER=...]
#       [-D PKG_CONFIG=...] -P install_and_consume.cmake
cmake_minimum_required(VERSION 3.25)
set(prefix ${WORK}/prefix)

function(run)
  execute_process(COMMAND ${ARGV} COMMAND_ECHO STDOUT COMMAND_ERROR_IS_FATAL ANY)
endfunction()

function(build_with_cmake)
  run(${CMAKE_COMMAND} -S ${CONSUMER} -B ${WORK}/build -G Ninja
      -D CMAKE_PREFIX_PATH=${prefix} ${CACHE_ENTRIES})
  run(${CMAKE_COMMAND} --build ${WORK}/build)
  run(${WORK}/build/consumer)
endfunction()

function(build_with_pkg_config)
  file(GLOB_RECURSE description ${prefix}/*/qprompt.pc)
  cmake_path(GET description PARENT_PATH folder)
  cmake_path(GET folder PARENT_PATH libraries)
  set(ENV{PKG_CONFIG_PATH} ${folder})
  execute_process(COMMAND ${PKG_CONFIG} --cflags --libs qprompt
                  OUTPUT_VARIABLE flags OUTPUT_STRIP_TRAILING_WHITESPACE COMMAND_ERROR_IS_FATAL ANY)
  separate_arguments(flags UNIX_COMMAND "${flags}")
  run(${C_COMPILER} -std=c11 ${EXAMPLES}/classify.c -o ${WORK}/classify ${flags} -Wl,-rpath,${libraries})
  set(demo ${prefix}/share/qprompt/demo)
  run(${WORK}/classify ${demo}/model - ${demo}/pictures/val/black_moon/00.webp "black moon" "red star")
endfunction()

# Links to files, as Markdown has them.
function(follow_links)
  file(GLOB_RECURSE pages ${prefix}/*.md)
  set(dead "")
  foreach(page IN LISTS pages)
    file(READ ${page} text)
    string(REPLACE "](" "LINK<" text "${text}")  # a lone bracket would join the links' list
    string(REGEX MATCHALL "LINK<[^)#:]+[)#]" links "${text}")
    cmake_path(GET page PARENT_PATH folder)
    foreach(link IN LISTS links)
      string(REGEX REPLACE "LINK<([^)#]+)[)#]" "\\1" target "${link}")
      if(NOT EXISTS ${folder}/${target})
        list(APPEND dead "${page}: ${target}")
      endif()
    endforeach()
  endforeach()
  list(LENGTH pages count)
  if(dead OR count LESS 5)
    list(JOIN dead "\n  " dead)
    message(FATAL_ERROR "dead links in ${count} installed pages:\n  ${dead}")
  endif()
endfunction()

function(uninstall)
  run(${CMAKE_COMMAND} --build ${BUILD} --target uninstall)
  file(GLOB_RECURSE rest ${prefix}/*)
  if(rest)
    message(FATAL_ERROR "left by uninstall: ${rest}")
  endif()
endfunction()

file(REMOVE_RECURSE ${WORK})
execute_process(COMMAND ${CMAKE_COMMAND} --install ${BUILD} --prefix ${prefix}
                OUTPUT_QUIET COMMAND_ERROR_IS_FATAL ANY)
build_with_cmake()
if(PKG_CONFIG AND C_COMPILER)
  build_with_pkg_config()
endif()
if(EXISTS ${prefix}/bin/qprompt)
  run(${prefix}/bin/qprompt --version)
endif()
follow_links()
uninstall()
