# Puts the modules that FROM/package-lock.json names into TO/node_modules, and touches STAMP.
#
#     cmake -D NPM=npm -D FROM=folder -D TO=folder -D STAMP=file -P npm_modules.cmake
#
# What npm has in its cache is not fetched again. Scripts of the modules are not run.
set(command ${NPM} ci --ignore-scripts --prefer-offline --no-audit --no-fund --no-progress)
file(MAKE_DIRECTORY ${TO})
file(COPY ${FROM}/package.json ${FROM}/package-lock.json DESTINATION ${TO})
execute_process(COMMAND ${command} WORKING_DIRECTORY ${TO}
  RESULT_VARIABLE status OUTPUT_VARIABLE said ERROR_VARIABLE said)
if(NOT status EQUAL 0)
  list(JOIN command " " tried)
  message(FATAL_ERROR "npm did not get the modules that ${FROM}/package-lock.json names.\n"
    "Tried, in ${TO}: ${tried}\nIt ended with ${status} and said:\n${said}\n"
    "It needs the registry that npm is configured for, or its cache from an earlier build. "
    "Where there is neither, build once where there is, and copy npm's cache "
    "(npm config get cache).")
endif()
file(TOUCH ${STAMP})
