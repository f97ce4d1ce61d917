// SPDX-License-Identifier: 0BSD
// Rights send PATH FILE COUNT | recv PATH COUNT - junixsocket.
import java.io.File;
import java.io.FileDescriptor;
import java.io.FileInputStream;
import java.lang.reflect.Field;
import org.newsclub.net.unix.AFUNIXServerSocket;
import org.newsclub.net.unix.AFUNIXSocket;
import org.newsclub.net.unix.AFUNIXSocketAddress;

public final class Rights {
    public static void main(String[] args) throws Exception {
        int count = Integer.parseInt(args[args.length - 1]);
        AFUNIXSocketAddress at = AFUNIXSocketAddress.of(new File(args[1]));
        if (args[0].equals("send")) {
            try (AFUNIXSocket s = AFUNIXSocket.connectTo(at);
                 FileInputStream file = new FileInputStream(args[2])) {
                for (int i = 0; i < count; i++) {
                    s.setOutboundFileDescriptors(file.getFD());
                    s.getOutputStream().write(0);
                }
            }
            return;
        }
        AFUNIXSocket s = AFUNIXServerSocket.bindOn(at).accept();
        s.setAncillaryReceiveBufferSize(1024);
        System.out.println("accepted");
        Field number = FileDescriptor.class.getDeclaredField("fd");
        number.setAccessible(true);
        FileDescriptor[][] kept = new FileDescriptor[count][];
        for (int i = 0; i < count; i++) {
            try {
                int n = s.getInputStream().read(new byte[1]);
                kept[i] = s.getReceivedFileDescriptors();
                System.out.println(kept[i] == null || kept[i].length == 0
                    ? "error no descriptor, read says " + n : "fd " + number.get(kept[i][0]));
            } catch (java.io.IOException why) {
                System.out.println("error " + why.getMessage());
            }
        }
        System.in.read();
    }
}
