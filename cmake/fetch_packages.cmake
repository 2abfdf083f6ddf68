# cmake -D NPM=npm -D FROM=FOLDER -D INTO=FOLDER [-D STUB=PACKAGE] -P fetch_packages.cmake: the packages of
# FROM/package-lock.json in INTO/node_modules, and INTO/fetched. A machine that npm's registry cannot be
# reached from builds all the same: PACKAGE is one that only says that it is missing, and the next build
# tries again.
cmake_minimum_required(VERSION 3.25)
file(COPY ${FROM}/package.json ${FROM}/package-lock.json DESTINATION ${INTO})
execute_process(
  COMMAND ${NPM} ci --prefer-offline --ignore-scripts --no-audit --no-fund --fetch-retries=1
          --loglevel=error
  WORKING_DIRECTORY ${INTO} RESULT_VARIABLE failed OUTPUT_QUIET ERROR_VARIABLE reason)
if(NOT failed)
  file(TOUCH ${INTO}/fetched)
  return()
endif()
string(REGEX REPLACE "\n.*" "" reason "${reason}")
message(WARNING "npm cannot fetch the packages of ${FROM} (${reason}). Without the page's the program is "
                "built, and its pages have no plots. Behind a proxy with a certificate of its own set "
                "NODE_EXTRA_CA_CERTS.")
file(REMOVE ${INTO}/fetched)
if(STUB)
  file(WRITE ${INTO}/node_modules/${STUB}/package.json
       "{\"name\": \"${STUB}\", \"main\": \"index.js\", \"type\": \"module\"}\n")
  file(WRITE ${INTO}/node_modules/${STUB}/index.js "export const isMissing = true;\n")
endif()
