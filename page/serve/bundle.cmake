# The page of `qprompt serve`: QPROMPT_SERVE_PAGE, QPROMPT_SERVE_SCRIPT and QPROMPT_SERVE_STYLE are the three
# texts that the server carries. The script shares page/src with the reports' pages and needs no package.
find_program(ESBUILD esbuild REQUIRED)
set(serve ${CMAKE_CURRENT_LIST_DIR})
set(serve_build ${PROJECT_BINARY_DIR}/page/serve)
file(MAKE_DIRECTORY ${serve_build})
file(GLOB serve_sources CONFIGURE_DEPENDS ${serve}/src/*.js ${serve}/../src/*.js)
set(QPROMPT_SERVE_PAGE ${serve}/index.html)
set(QPROMPT_SERVE_SCRIPT ${serve_build}/page.js)
set(QPROMPT_SERVE_STYLE ${serve_build}/page.css)

add_custom_command(
  OUTPUT ${QPROMPT_SERVE_SCRIPT}
  COMMAND ${ESBUILD} ${serve}/src/main.js --bundle --minify --format=iife --target=es2022
          --log-level=warning --outfile=${QPROMPT_SERVE_SCRIPT}
  DEPENDS ${serve_sources}
  COMMENT "Bundling the server's page"
  VERBATIM)
add_custom_command(
  OUTPUT ${QPROMPT_SERVE_STYLE}
  COMMAND ${ESBUILD} ${serve}/style.css --bundle --minify --log-level=warning
          --outfile=${QPROMPT_SERVE_STYLE}
  DEPENDS ${serve}/style.css ${serve}/../style.css
  COMMENT "Bundling the server's style sheet"
  VERBATIM)
