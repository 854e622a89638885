"""TLS before a server that speaks plain HTTP, with a certificate that only its own authority vouches for.

usage: python tls_front.py HOST:PORT FOLDER      writes FOLDER/authority.pem, prints https://localhost:PORT, and ends
                                                 when its standard input does
"""
import asyncio
import datetime
import os
import ssl
import sys

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec


def certificate(name, key, issuer_name, issuer_key, extensions):
    now = datetime.datetime.now(datetime.timezone.utc)
    builder = (
        x509.CertificateBuilder()
        .subject_name(x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)]))
        .issuer_name(x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, issuer_name)]))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(hours=1))
        .not_valid_after(now + datetime.timedelta(days=1))
    )
    for extension, critical in extensions:
        builder = builder.add_extension(extension, critical)
    return builder.sign(issuer_key, hashes.SHA256())


def make(folder):
    """-> a context that serves as localhost"""
    authority_key, key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    authority = certificate("tests", authority_key, "tests", authority_key, [(x509.BasicConstraints(True, None), True)])
    server = certificate("localhost", key, "tests", authority_key,
                         [(x509.SubjectAlternativeName([x509.DNSName("localhost")]), False)])
    pem = serialization.Encoding.PEM
    with open(os.path.join(folder, "authority.pem"), "wb") as file:
        file.write(authority.public_bytes(pem))
    chain = os.path.join(folder, "server.pem")
    with open(chain, "wb") as file:
        file.write(key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()))
        file.write(server.public_bytes(pem))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(chain)
    return context


async def pipe(reader, writer):
    try:
        while chunk := await reader.read(65536):
            writer.write(chunk)
            await writer.drain()
    except (ConnectionError, ssl.SSLError):
        pass
    finally:
        writer.close()


async def main(upstream, folder):
    host, port = upstream.rsplit(":", 1)

    async def serve(reader, writer):
        up_reader, up_writer = await asyncio.open_connection(host, int(port))
        await asyncio.gather(pipe(reader, up_writer), pipe(up_reader, writer))

    server = await asyncio.start_server(serve, "127.0.0.1", 0, ssl=make(folder))
    print("https://localhost:{}".format(server.sockets[0].getsockname()[1]), flush=True)
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.buffer.read)
    os._exit(0)


asyncio.run(main(*sys.argv[1:]))
