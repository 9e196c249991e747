#!/usr/bin/env bash
# Builds the Debian package of Weir.
#
#     deploy/debian/build.sh [--version V] [--out DIR] [--build DIR]
#
# --version V  of the package; by default that of the program. It must begin with it: 0.1.0+site1
# --out DIR    where weir_<version>_<arch>.deb goes, and beside it the SBOM and the symbols for
#              debuggers; by default build/package
# --build DIR  a build folder in which the target weir is built already; by default build/release,
#              in which it is built now
#
# The package is for the release of Debian that it is built on: what it depends on is read from the
# program by dpkg-shlibdeps. Nothing is installed. The same sources give the same bytes.
set -euo pipefail

cd -P -- "$(dirname -- "${BASH_SOURCE[0]}")/../.."
here=deploy/debian
version=""
out=build/package
build=""

usage() {
  sed -n '2,/^set -e/{/^#/s/^# \{0,1\}//p}' "${here}/build.sh"
}

die() {
  printf 'build.sh: %s\n' "$@" >&2
  exit 1
}

while (($# > 0)); do
  case $1 in
    -h | --help)
      usage
      exit 0
      ;;
    --version | --out | --build)
      (($# > 1)) || die "$1 needs a value"
      declare "${1#--}=$2"
      shift 2
      ;;
    *)
      usage >&2
      exit 2
      ;;
  esac
done

for tool in dpkg-deb dpkg-shlibdeps objcopy readelf ninja python3; do
  command -v "${tool}" >/dev/null ||
    die "${tool} is missing; on Debian: deploy/install_packages.sh test"
done
if [[ -z ${build} ]]; then
  build=build/release
  deploy/install_packages.sh build >&2
  [[ -f ${build}/build.ninja ]] || cmake --preset release -DWEIR_TESTS=OFF >&2
  cmake --build --preset release --target weir >&2
fi
program=${build}/deploy/weir
[[ -x ${program} ]] || die "there is no ${program}; build the target weir first"

built=$("${program}" --version)
built=${built##* }
version=${version:-${built}}
[[ ${version} == "${built}"* ]] || die "the program is version ${built}, not ${version}"
arch=$(dpkg --print-architecture)
# Times in the package are those of the last commit.
SOURCE_DATE_EPOCH=$(git log -1 --format=%ct 2>/dev/null || stat -c %Y CHANGELOG.md)
export SOURCE_DATE_EPOCH

mkdir -p -- "${out}"
work=$(mktemp -d "${out}/work.XXXXXX")
trap 'rm -rf -- "${work}"' EXIT
root=${work}/weir
doc=${root}/usr/share/doc/weir

# put MODE FROM TO: one file into the package.
put() {
  install -D -m "$1" -- "$2" "${root}/$3"
}

# put_packed FROM TO: one file, packed, without its name and time.
put_packed() {
  mkdir -p -- "$(dirname -- "${root}/$2")"
  gzip -9 -n -c -- "$1" >"${root}/$2"
  chmod 0644 "${root}/$2"
}

# ------------------------------------------------------------------------------------------------
# Files.

put 0755 "${program}" usr/bin/weir
objcopy --only-keep-debug "${root}/usr/bin/weir" "${out}/weir_${version}_${arch}.debug"
objcopy --strip-all --remove-section=.comment \
  --add-gnu-debuglink="${out}/weir_${version}_${arch}.debug" "${root}/usr/bin/weir"

put 0644 deploy/systemd/weir.service lib/systemd/system/weir.service
put 0644 deploy/systemd/weir.sysusers usr/lib/sysusers.d/weir.conf
put 0644 deploy/weir.example.yaml etc/weir/weir.yaml
put 0644 deploy/policy.example.yaml etc/weir/policy.yaml
install -d -m 0700 -- "${root}/etc/weir/credentials"

put 0644 "${here}/copyright" usr/share/doc/weir/copyright
for page in README.md deploy/INSTALL.md deploy/INSPECT.md deploy/kafka/README.md \
  connectors/config/CONFIG.md connectors/config/POLICY.md connectors/http/METRICS.md; do
  name=${page##*/}
  [[ ${page} != deploy/kafka/README.md ]] || name=KAFKA.md
  put 0644 "${page}" "usr/share/doc/weir/${name}"
done
put_packed CHANGELOG.md usr/share/doc/weir/CHANGELOG.md.gz
put_packed "${here}/weir.1" usr/share/man/man1/weir.1.gz
cat >"${work}/changelog" <<END
weir (${version}) unstable; urgency=medium

  * What has changed stands in CHANGELOG.md.

 -- $(sed -n 's/^Maintainer: //p' "${here}/control")  $(date -u -R -d "@${SOURCE_DATE_EPOCH}")
END
put_packed "${work}/changelog" usr/share/doc/weir/changelog.gz

python3 "${here}/sbom.py" --build "${build}" --version "${version}" >"${work}/weir.cdx.json"
python3 "${here}/notices.py" --build "${build}" <"${work}/weir.cdx.json" >"${work}/NOTICE"
put 0644 "${work}/weir.cdx.json" usr/share/doc/weir/weir.cdx.json
put_packed "${work}/NOTICE" usr/share/doc/weir/NOTICE.gz
mkdir -p -- "${root}/usr/share/lintian/overrides"
put 0644 "${here}/lintian-overrides" usr/share/lintian/overrides/weir

# ------------------------------------------------------------------------------------------------
# What it says of itself.

# dpkg-shlibdeps looks for debian/control where it stands.
mkdir -p -- "${work}/debian"
cp -- "${here}/control" "${work}/debian/control"
libraries=$(cd -- "${work}" && dpkg-shlibdeps -O weir/usr/bin/weir 2>/dev/null)
libraries=${libraries#shlibs:Depends=}
[[ ${libraries} == *libc6* ]] || die "dpkg-shlibdeps found no libraries: '${libraries}'"

install -d -m 0755 -- "${root}/DEBIAN"
# Source paragraph off, and what is only known now filled in.
sed -e '1,/^$/d' -e "s/\${shlibs:Depends}/${libraries}/" -e "s/\${arch}/${arch}/" \
  -e "s/\${version}/${version}/" -e "s/\${size}/$(du -sk --apparent-size "${root}" | cut -f1)/" \
  "${here}/control" >"${root}/DEBIAN/control"
sed -i "/^Package:/a Maintainer: $(sed -n 's/^Maintainer: //p' "${here}/control")" \
  "${root}/DEBIAN/control"
printf '%s\n' /etc/weir/policy.yaml /etc/weir/weir.yaml >"${root}/DEBIAN/conffiles"
for script in postinst prerm postrm; do
  install -m 0755 -- "${here}/${script}" "${root}/DEBIAN/${script}"
done
(cd -- "${root}" && find . -path ./DEBIAN -prune -o -path ./etc -prune -o -type f -printf '%P\0' |
  LC_ALL=C sort -z | xargs -0 md5sum) >"${root}/DEBIAN/md5sums"
chmod 0644 "${root}/DEBIAN/md5sums" "${root}/DEBIAN/control" "${root}/DEBIAN/conffiles"
find "${root}" -type d ! -path '*/credentials' -exec chmod 0755 {} +

package=${out}/weir_${version}_${arch}.deb
dpkg-deb --root-owner-group -Zxz -z6 --build "${root}" "${work}/weir.deb" >/dev/null
mv -- "${work}/weir.deb" "${package}"
cp -- "${work}/weir.cdx.json" "${out}/weir_${version}_${arch}.cdx.json"
echo "${package}"
