//! TLS of our own, for where no proxy does it: a certificate that can be changed while the service runs.

use std::{
    fmt,
    path::{Path, PathBuf},
    sync::Arc,
};

use arc_swap::ArcSwap;
use rustls::{
    ServerConfig,
    crypto::ring,
    pki_types::{CertificateDer, PrivateKeyDer, pem, pem::PemObject as _},
    server::{ClientHello, ResolvesServerCert},
    sign::CertifiedKey,
};
use tokio_rustls::TlsAcceptor;

/// Where the certificate and its key lie, both in PEM.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TlsFiles {
    /// The certificate, and after it those that lead to a known authority.
    pub certificate: PathBuf,
    /// The private key of the first of them.
    pub key: PathBuf,
}

/// Why a certificate cannot be used.
#[derive(Debug, thiserror::Error)]
#[expect(missing_docs, reason = "each says it in its message")]
pub enum TlsError {
    #[error("{file}：無法讀取 PEM 檔 / {file}: no PEM file that can be read: {error}")]
    File { file: String, error: pem::Error },
    #[error("{file}：沒有憑證 / {file}: there is no certificate in it")]
    Empty { file: String },
    #[error(
        "{key}：不是 {certificate} 的金鑰，或無法使用 / {key}: not the key of {certificate}, or of no use: {error}"
    )]
    Pair {
        certificate: String,
        key: String,
        error: rustls::Error,
    },
}

/// What TLS is done with.
#[derive(Clone)]
pub struct Tls {
    files: TlsFiles,
    current: Arc<Current>,
    config: Arc<ServerConfig>,
}

/// The certificate in use.
#[derive(Debug)]
struct Current(ArcSwap<CertifiedKey>);

impl ResolvesServerCert for Current {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(self.0.load_full())
    }
}

impl Tls {
    /// Reads the files. Blocks.
    pub fn open(files: TlsFiles) -> Result<Self, TlsError> {
        let current = Arc::new(Current(ArcSwap::from_pointee(read(&files)?)));
        let pair = |error| TlsError::Pair {
            certificate: shown(&files.certificate),
            key: shown(&files.key),
            error,
        };
        let mut config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .map_err(pair)?
            .with_no_client_auth()
            .with_cert_resolver(Arc::clone(&current) as _);
        // The transport and the limits know HTTP/1.1 only, so HTTP/2 is not offered.
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok(Self {
            files,
            current,
            config: Arc::new(config),
        })
    }

    /// Reads the files again; where they cannot be used, what is in use stays. Blocks.
    pub fn reload(&self) -> Result<(), TlsError> {
        // Read and checked in full first: a broken file never replaces a certificate that works.
        self.current.0.store(Arc::new(read(&self.files)?));
        Ok(())
    }

    pub(super) fn acceptor(&self) -> TlsAcceptor {
        TlsAcceptor::from(Arc::clone(&self.config))
    }
}

impl fmt::Debug for Tls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Tls").field(&self.files).finish()
    }
}

fn read(files: &TlsFiles) -> Result<CertifiedKey, TlsError> {
    let of = |path: &PathBuf| {
        let file = shown(path);
        move |error| TlsError::File { file, error }
    };
    let chain = CertificateDer::pem_file_iter(&files.certificate)
        .and_then(Iterator::collect::<Result<Vec<_>, _>>)
        .map_err(of(&files.certificate))?;
    if chain.is_empty() {
        return Err(TlsError::Empty {
            file: shown(&files.certificate),
        });
    }
    let key = PrivateKeyDer::from_pem_file(&files.key).map_err(of(&files.key))?;
    CertifiedKey::from_der(chain, key, &ring::default_provider()).map_err(|error| TlsError::Pair {
        certificate: shown(&files.certificate),
        key: shown(&files.key),
        error,
    })
}

fn shown(path: &Path) -> String {
    path.display().to_string()
}
