# The page's script: page/src with the plotting library from npm, bundled into one text,
# QPROMPT_PAGE_SCRIPT, that the program carries. npm is asked only where the lock file has changed.
find_program(NPM npm REQUIRED)
find_program(ESBUILD esbuild REQUIRED)
set(page ${CMAKE_CURRENT_LIST_DIR})
set(page_build ${PROJECT_BINARY_DIR}/page)
file(MAKE_DIRECTORY ${page_build})
file(GLOB page_sources CONFIGURE_DEPENDS ${page}/src/*.js)
set(QPROMPT_PAGE_SCRIPT ${page_build}/page.js)

add_custom_command(
  OUTPUT ${page_build}/fetched
  COMMAND ${CMAKE_COMMAND} -D NPM=${NPM} -D FROM=${page} -D INTO=${page_build}
          -D STUB=@observablehq/plot -P ${PROJECT_SOURCE_DIR}/cmake/fetch_packages.cmake
  DEPENDS ${PROJECT_SOURCE_DIR}/cmake/fetch_packages.cmake ${page}/package.json ${page}/package-lock.json
  COMMENT "Fetching the page's plotting library"
  VERBATIM)
add_custom_command(
  OUTPUT ${QPROMPT_PAGE_SCRIPT}
  COMMAND ${CMAKE_COMMAND} -E env NODE_PATH=${page_build}/node_modules ${ESBUILD} ${page}/src/main.js
          --bundle --minify --format=iife --target=es2020 --log-level=warning
          "--banner:js=/* With Observable Plot (ISC, Observable) and D3 (ISC, Mike Bostock). */"
          --outfile=${QPROMPT_PAGE_SCRIPT}
  DEPENDS ${page_build}/fetched ${page_sources}
  COMMENT "Bundling the page"
  VERBATIM)
